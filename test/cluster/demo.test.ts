import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { discrepancies, Ledger } from '../../lib/demo/ledger.js';
import { phpView } from '../../lib/demo/php-view.js';
import { unserialize } from '../../lib/demo/unserialize.js';
import { readJob } from '../../lib/laravel/consumer.js';
import { Latencies } from '../../lib/telegram/latencies.js';
import { runTgook } from '../support/tgook.js';

/** Processes of one demo: a private Redis, a primary, two workers, the reaper, and the demo itself. */
const PROCESSES = 6;

interface Demo {
  readonly process: ChildProcess;
  /** Pids of everything that it has started, and its own. */
  processes(): number[];
  /** What it has put into its temporary folder. */
  files(): string[];
  /** Exit code or signal, and what was printed. */
  readonly ended: Promise<{ exit: unknown; stdout: string; stderr: string }>;
}

/** Runs the demo without a terminal, with a temporary folder of its own, which is also what it is known by. */
function startDemo(t: Test): Demo {
  const folder = mkdtempSync(join(tmpdir(), 'tgook-demo-test-'));
  const mark = { PATH: `${process.env.PATH}:${folder}`, TMPDIR: folder };
  // Settings of the user's own must not reach it.
  const child = runTgook(['demo'], { ...mark, TGOOK_JOB_FORMAT: 'json', REDIS_PORT: 1 });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', chunk => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', chunk => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ exit: signal ?? code, stdout, stderr }));
  const processes = () => processesWith(folder);
  t.teardown(() => {
    for (const pid of processes()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return { process: child, processes, files: () => readdirSync(folder), ended };
}

/**
 * Processes with this in their environment or working directory (Redis writes its title over the former).
 * Only Linux shows them; elsewhere there is nothing to see.
 */
function processesWith(mark: string): number[] {
  let pids: string[] = [];
  try {
    pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  } catch {}
  return pids.map(Number).filter(pid => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      return environment.includes(mark) || readlinkSync(`/proc/${pid}/cwd`).includes(mark);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

async function until(condition: () => boolean, seconds = 15): Promise<boolean> {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await sleep(20))
    if (condition()) return true;
  return condition();
}

t.test('the demo shows a table that adds up, and leaves nothing behind', async t => {
  const demo = startDemo(t);
  const { exit, stdout, stderr } = await demo.ended;
  t.equal(exit, 0);
  t.equal(stderr, '');
  t.same(demo.processes(), []);
  t.same(demo.files(), []);
  t.notMatch(stdout, /[\x1b\r]/, 'no bar and no colours without a terminal');

  const figures = Object.fromEntries(
    [...stdout.matchAll(/^ {2}(\S+(?: \S+)*?) {2,}([\d.]+) /gm)].map(([, label, figure]) => [
      label,
      Number(figure),
    ]),
  );
  const { enqueued, 'updates per second': perSecond, p50, p99, ...fixed } = figures;
  t.same(fixed, { sent: 4000, acknowledged: 4000, duplicates: 20, quarantined: 12, lost: 0, doubled: 0 });
  t.equal(enqueued, 3988);
  t.ok(perSecond! > 0 && p50! > 0 && p99! >= p50!);

  t.match(stdout, /App\\Jobs\\ProcessTelegramUpdateJob {\n\s+\+botId: "demo"\n\s+\+update: Phptg\\BotApi/);
  t.match(stdout, /setWebhook/);
  t.ok(Math.max(...stdout.split('\n').map(line => line.length)) <= 80, 'it fits a terminal');
});

for (const [signal, exit] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGKILL', 'SIGKILL'],
] as const) {
  t.test(`${signal} in the middle leaves nothing behind`, async t => {
    const demo = startDemo(t);
    const running = await until(() => demo.processes().length >= PROCESSES);
    t.ok(running || process.platform !== 'linux', 'it is under way');
    await sleep(300);
    demo.process.kill(signal);
    const { exit: ending, stdout, stderr } = await demo.ended;
    t.same([ending, stdout, stderr], [exit, '', '']);
    // Only of what kill -9 leaves, another process has to clean up.
    t.ok(await until(() => demo.processes().length === 0, signal === 'SIGKILL' ? 5 : 0.2));
    t.same(demo.files(), []);
  });
}

t.test('a figure that is wrong is noticed', async t => {
  const ledger = new Ledger('demo');
  const job = (updateId: number, uuid: string) => ({ bot: 'demo', updateId, uuid, command: '' });
  ledger.note(job(1, 'a'));
  ledger.note(job(1, 'a'));
  ledger.note(job(2, 'b'));
  ledger.note(job(2, 'c'));
  const record = new Map(
    [1, 2, 3, 4].map(id => [
      id,
      { attempts: 2, accepted: id === 1 ? 2 : 1, acknowledged: true, expired: false },
    ]),
  );
  const counts = { sent: 4, acknowledged: 4, expired: 0, attempts: 5, milliseconds: 1000 };
  const delivery = { ...counts, failures: new Map(), latencies: new Latencies() };
  const figures = ledger.figures(delivery, record, new Set([4]));
  const { enqueued, duplicates, quarantined, lost, doubled } = figures;
  t.same(
    { enqueued, duplicates, quarantined, lost, doubled },
    { enqueued: 3, duplicates: 0, quarantined: 1, lost: 1, doubled: 1 },
  );
  const problems = discrepancies(figures, { updates: 4, misfits: 1, lostAnswers: 1 });
  t.same(problems, [
    '1 were acknowledged and are gone',
    '1 became a job twice',
    '1 came twice, and 0 were absorbed',
  ]);
});

t.test('a job is shown as PHP sees it', async t => {
  const date =
    'O:17:"DateTimeImmutable":3:{s:4:"date";s:26:"2025-11-24 16:00:00.000000";s:13:"timezone_type";i:3;s:8:"timezone";s:3:"UTC";}';
  const value = unserialize(
    `O:1:"A":6:{s:1:"s";s:7:"é"\n😀";s:4:"\0A\0p";N;s:1:"l";a:1:{i:0;d:1.5;}s:1:"e";a:0:{}s:1:"d";${date}s:1:"t";b:1;}`.replace(
      's:7',
      `s:${Buffer.byteLength('é"\n😀')}`,
    ),
  );
  t.equal(
    phpView(value, text => text),
    'A {\n  +s: "é\\"\\n😀"\n  +l: array:1 [\n    0 => 1.5\n  ]\n  +e: []\n  +d: DateTimeImmutable 2025-11-24 16:00:00 UTC\n  +t: true\n  and 1 that is null\n}',
  );
  t.throws(() => unserialize('N;N;'));
  t.throws(() => unserialize('s:9:"short";'));
});

t.test('the consumer reads jobs in all formats', async t => {
  const body = '{"message":{"text":"Ёж \\"s:8:\\" 😀"},"update_id":7}';
  const quoted = `s:${Buffer.byteLength(body)}:"${body}"`;
  const object = 'O:31:"Phptg\\BotApi\\Type\\Update\\Update":1:{s:8:"updateId";i:7;}';
  for (const command of [
    `O:7:"App\\Job":2:{s:5:"botId";s:4:"main";s:6:"update";${object}}`,
    `O:7:"App\\Job":2:{s:5:"botId";s:4:"main";s:6:"update";${quoted};}`,
    `O:7:"App\\Job":3:{s:6:"bot_id";s:4:"main";s:6:"update";${quoted};s:9:"timestamp";i:1764000000;}`,
  ]) {
    t.same(readJob(JSON.stringify({ uuid: 'u', data: { command } })), {
      bot: 'main',
      updateId: 7,
      uuid: 'u',
      command,
    });
  }
  t.throws(() => readJob(JSON.stringify({ uuid: 'u', data: { command: 'N;' } })), /not a job of tgook/);
});
