import t, { type Test } from 'tap';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { readJob } from '../../lib/laravel/consumer.js';
import { agrees, keep, STREAM } from '../support/quarantine.js';
import { idsOnList, openQueue } from '../support/queue.js';
import { RedisProxy } from '../support/redis-proxy.js';
import { post, runTgook, type Settings, startTgook, textUpdate, tgookOutput } from '../support/tgook.js';

const LIST = 'laravel_database_queues:telegram_updates';

/** What `--json` prints of an entry. */
interface Listed {
  readonly id: string;
  readonly time: string;
  readonly bot: string;
  readonly update_id: number;
  readonly bytes: number;
  readonly reason: string;
  readonly body?: string;
}

async function redisFor(t: Test): Promise<PrivateRedis> {
  const redis = await startPrivateRedis();
  t.teardown(() => redis.stop());
  return redis;
}

/** Posts updates to a tgook that runs only for that. */
async function postAll(
  settings: Settings,
  updates: ReadonlyArray<readonly [bot: string, body: string]>,
): Promise<void> {
  const tgook = await startTgook({ TGOOK_WORKERS: 1, ...settings });
  try {
    for (const [bot, body] of updates) {
      const { status } = await post(tgook, bot, body);
      if (status !== 200) throw new Error(`answered ${status}`);
    }
  } finally {
    await tgook.stop();
  }
}

const quarantine = (args: string, settings: Settings) =>
  tgookOutput(['quarantine', ...args.split(' ')], settings);

/** The fields that phptg 0.20 requires of a poll; later versions want more. */
const POLL = {
  id: '12345678901234567890',
  question: 'Привет?',
  options: [],
  total_voter_count: 0,
  is_closed: false,
  is_anonymous: true,
  type: 'regular',
  allows_multiple_answers: false,
  allows_revoting: true,
};
const POLL_REASON = 'Poll.membersOnly is required, and missing';
const CHAT_REASON = 'Message.chat is required, and missing';

const withoutChat = (id: number) => `{"update_id":${id},"message":{"message_id":1,"date":1}}`;
const poll = (id: number) => JSON.stringify({ update_id: id, poll: POLL });

t.test('from the webhook through ls, show, replay and drop', async t => {
  const redis = await redisFor(t);
  const settings = { REDIS_PORT: redis.port };
  const of = (schema: string) => ({ ...settings, TGOOK_SCHEMA: schema });
  const run = (args: string, schema = '0.21.1') => quarantine(args, of(schema));

  for (const args of ['ls', 'replay --all', 'drop --all']) {
    t.same(await run(args), {
      code: 0,
      stdout: `The quarantine is empty: ${STREAM} at 127.0.0.1:${redis.port}, database 0\n`,
      stderr: '',
    });
  }
  t.match(await run('ls --json'), { code: 0, stdout: '[]\n' });

  await postAll(of('0.21.1'), [
    ['main', withoutChat(1)],
    ['shop', poll(2)],
    ['main', poll(3)],
    ['main', textUpdate(4)],
  ]);
  t.same(await idsOnList(redis.client, LIST), [4]);

  const entries: Listed[] = JSON.parse((await run('ls --json')).stdout);
  t.match(entries, [
    { bot: 'main', update_id: 1, bytes: withoutChat(1).length, reason: CHAT_REASON },
    { bot: 'shop', update_id: 2, bytes: Buffer.byteLength(poll(2)), reason: POLL_REASON },
    { bot: 'main', update_id: 3, bytes: Buffer.byteLength(poll(3)), reason: POLL_REASON },
  ]);
  for (const { id, time } of entries) {
    t.match(id, /^\d+-\d+$/);
    t.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
  }
  t.same(Object.keys(entries[0]!), ['id', 'time', 'bot', 'update_id', 'bytes', 'reason'], 'and no body');

  const { stdout: table } = await run('ls');
  const [titles, ...rows] = table.split('\n');
  t.equal(titles!.replace(/ +/g, ' '), 'id time bot update bytes reason');
  t.match(
    rows[0],
    new RegExp(
      `^${entries[0]!.id} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d +main +1 +\\d+  ${CHAT_REASON}$`,
    ),
  );
  t.match(rows[1], new RegExp(`^${entries[1]!.id} .* shop +2 +\\d+  ${POLL_REASON}$`));
  t.same(rows.slice(3), ['', `3 updates, ${entries.reduce((sum, { bytes }) => sum + bytes, 0)} bytes`, '']);

  const ids = async (filter: string) =>
    (JSON.parse((await run(`ls --json ${filter}`)).stdout) as Listed[]).map(({ update_id }) => update_id);
  t.same(
    await Promise.all(
      ['--bot main', '--reason membersONLY', '--bot main --reason poll', '--bot mai', '--reason main'].map(
        ids,
      ),
    ),
    [[1, 3], [2, 3], [3], [], []],
  );
  t.match(await run('ls --bot nobody'), {
    code: 0,
    stdout: 'No update in quarantine matches; there are 3.\n',
  });

  const shown = await run(`show ${entries[1]!.id}`);
  t.match(shown, { code: 0, stderr: '' });
  const [fields, body] = shown.stdout.split('\n\n');
  t.match(
    fields,
    new RegExp(
      `^id {6}${entries[1]!.id}\ntime .*\nbot {5}shop\nupdate  2\nbytes .*\nreason  ${POLL_REASON}$`,
    ),
  );
  t.equal(body, `${JSON.stringify(JSON.parse(poll(2)), null, 2)}\n`);
  t.same(JSON.parse((await run(`show --json ${entries[1]!.id}`)).stdout), { ...entries[1], body: poll(2) });

  t.match(await run(`replay --all`), {
    code: 1,
    stdout: `2 do not fit: ${POLL_REASON}\n1 does not fit: ${CHAT_REASON}\n`,
    stderr: '',
  });
  t.same(await idsOnList(redis.client, LIST), [4]);
  t.match(await run('replay --reason poll', '0.20'), {
    code: 0,
    stdout: 'replayed 2: 2 delivered\n',
    stderr: '',
  });
  t.same(await idsOnList(redis.client, LIST), [4, 2, 3]);
  const jobs = (await redis.client.lrange(LIST, 1, -1)).map(readJob);
  t.match(jobs, [{ bot: 'shop', command: /s:8:"question";s:13:"Привет\?"/ }, { bot: 'main' }]);
  t.match(await run('replay --reason poll', '0.20'), {
    code: 0,
    stdout: 'No update in quarantine matches; there is 1.\n',
  });

  const dropped = await run(`drop ${entries[0]!.id}`);
  t.match(dropped, { code: 0, stderr: '' });
  t.equal(dropped.stdout.split('\n')[1], rows[0], 'it prints what it dropped');
  t.match(dropped.stdout, /\n\ndropped 1 update, \d+ bytes\n$/);
  t.equal(await redis.client.xlen(STREAM), 0);
  await agrees(t, redis);
  t.same(await idsOnList(redis.client, LIST), [4, 2, 3]);
});

t.test('summaries as JSON, and what was asked for and is not there', async t => {
  const redis = await redisFor(t);
  const settings = { REDIS_PORT: redis.port };
  const queue = await openQueue(t, redis.port);
  await keep(queue, [textUpdate(1), withoutChat(2), textUpdate(3), textUpdate(4)]);
  await queue.add(3);
  const [one, two, three, four] = (await redis.client.xrange(STREAM, '-', '+')).map(([id]) => id);

  const replayed = await quarantine(`replay ${two} 5-0 ${three} ${one} ${one} --json`, settings);
  t.match(replayed, {
    code: 1,
    stderr: "tgook: not in quarantine: 5-0; 'tgook quarantine ls' shows what is\n",
  });
  t.same(JSON.parse(replayed.stdout), {
    delivered: 1,
    delivered_already: 1,
    without_horizon: 0,
    left: [{ id: two, bot: 'main', update_id: 2, reason: CHAT_REASON }],
    missing: ['5-0'],
  });
  t.match(await quarantine(`replay ${one}`, settings), {
    code: 1,
    stdout: '',
    stderr: /^tgook: not in quarantine: /,
  });
  t.match(await quarantine(`show ${one}`, settings), {
    code: 1,
    stdout: '',
    stderr: /^tgook: not in quarantine: /,
  });
  t.match(await quarantine(`replay ${two} ${four}`, settings), {
    code: 1,
    stdout: `replayed 1: 1 delivered\n1 does not fit: ${CHAT_REASON}\n`,
  });
  const dropped = await quarantine(`drop ${one} ${two} --json`, settings);
  t.match(dropped, { code: 1, stderr: /^tgook: not in quarantine: / });
  t.match(JSON.parse(dropped.stdout), { dropped: [{ id: two, update_id: 2 }], missing: [one] });
  t.same((await idsOnList(redis.client, LIST)).sort(), [1, 3, 4]);
  t.equal(await redis.client.xlen(STREAM), 0);
  await agrees(t, redis);
});

t.test('what cannot be meant is refused in one line, before Redis is asked', async t => {
  const nowhere = { REDIS_PORT: 1 };
  for (const [args, line] of [
    [['replay'], /^tgook: replay what\? Give ids .* or --all, or choose with --bot and --reason\n$/],
    [['drop'], /^tgook: drop what\? .*\n$/],
    [['drop', '5-0', '--all'], /^tgook: drop takes either ids or .*\n$/],
    [['replay', '5-0', '--bot', 'main'], /^tgook: replay takes either ids or .*\n$/],
    [['drop', '5'], /^tgook: '5' is not an id: they look like 1764000000000-0, .*\n$/],
    [['replay', '5-0', '-'], /^tgook: '-' is not an id: .*\n$/],
    [['show', '+'], /^tgook: '\+' is not an id: .*\n$/],
    [['drop', '--reason', ''], /^tgook: option '--reason <text>' argument '' is invalid. .*\n$/],
    [['drop', '--bot', ''], /^tgook: option '--bot <id>' argument '' is invalid. .*\n$/],
    [
      ['ls'],
      /^tgook: Redis at 127\.0\.0\.1:1: .* — is it running there\? check REDIS_HOST and REDIS_PORT\n$/,
    ],
    [['ls', '--env', '/nowhere/.env'], /^tgook: \/nowhere\/.env cannot be read .*\n$/],
  ] as const) {
    t.match(
      await tgookOutput(['quarantine', ...args], nowhere),
      { code: 1, stdout: '', stderr: line },
      args.join(' '),
    );
  }
});

t.test('settings come from the file that --env names', async t => {
  const redis = await redisFor(t);
  await keep(await openQueue(t, redis.port, { REDIS_PREFIX: 'other:', REDIS_DB: 3 }), [textUpdate(1)]);
  const folder = t.testdir({ env: `REDIS_PORT=${redis.port}\nREDIS_PREFIX=other:\nREDIS_DB=3\n` });
  t.match(await quarantine(`replay --all --env ${folder}/env`, {}), { code: 0, stdout: /^replayed 1: / });
  await redis.client.select(3);
  t.equal(await redis.client.llen('other:queues:telegram_updates'), 1);
});

t.test('killed in the middle again and again, a replay delivers each update once', async t => {
  const redis = await redisFor(t);
  const proxy = await new RedisProxy(redis.port).listen();
  t.teardown(() => proxy.close());
  const count = 300;
  await keep(
    await openQueue(t, redis.port),
    Array.from({ length: count }, (_, id) => textUpdate(id)),
  );
  // Each round is killed when it sends a command of its 40th transaction; Redis may get that one, or may not.
  const rounds = (['multi', 'EVAL', 'exec'] as const).flatMap(command =>
    (['forward', 'silent'] as const).map(manner => ({ command, manner })),
  );
  for (const { command, manner } of rounds) {
    const before = await redis.client.xlen(STREAM);
    const child = runTgook(['quarantine', 'replay', '--all'], { REDIS_PORT: proxy.port });
    const ended = new Promise(resolve => child.once('exit', (_code, signal) => resolve(signal)));
    let transactions = 0;
    proxy.manner = sent => {
      transactions += String(sent).split('\r\nmulti\r\n').length - 1;
      if (transactions < 40 || !sent.includes(`\r\n${command}\r\n`)) return 'forward';
      child.kill('SIGKILL');
      return manner;
    };
    t.equal(await ended, 'SIGKILL', `at ${command}, ${manner}`);
    proxy.cut();
    // What was sent before the end may be on its way.
    await redis.client.ping();
    const done = before - (await redis.client.xlen(STREAM));
    t.ok(done === 39 || done === 40, `${done} are out of quarantine`);
  }
  proxy.manner = 'forward';
  t.match(await quarantine('replay --all', { REDIS_PORT: redis.port }), {
    code: 0,
    stdout: /^replayed \d+: /,
  });
  const ids = await idsOnList(redis.client, LIST);
  t.same(
    ids.sort((one, other) => one - other),
    Array.from({ length: count }, (_, id) => id),
  );
  t.equal(await redis.client.xlen(STREAM), 0);
  await agrees(t, redis);
});

t.test('when Redis is lost in the middle, it says what was done and that it can be run again', async t => {
  const redis = await redisFor(t);
  const proxy = await new RedisProxy(redis.port).listen();
  t.teardown(() => proxy.close());
  await keep(await openQueue(t, redis.port), [textUpdate(1), textUpdate(2), textUpdate(3)]);
  let transactions = 0;
  proxy.manner = sent => (sent.includes('\r\nmulti\r\n') && ++transactions === 3 ? 'close' : 'forward');
  t.match(await quarantine('replay --all', { REDIS_PORT: proxy.port }), {
    code: 1,
    stdout: 'replayed 2: 2 delivered\n',
    stderr: /^tgook: Redis at .*: the connection was lost; run it again: nothing is delivered twice\n$/,
  });
});

t.test('output that nobody reads to its end is no error', async t => {
  const redis = await redisFor(t);
  await keep(
    await openQueue(t, redis.port),
    Array.from({ length: 2000 }, (_, id) => withoutChat(id)),
  );
  const child = runTgook(['quarantine', 'ls'], { REDIS_PORT: redis.port });
  let stderr = '';
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise(resolve => child.once('close', resolve));
  t.same([code, stderr], [0, '']);
});
