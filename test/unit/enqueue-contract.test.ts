import { readFileSync } from 'node:fs';
import t from 'tap';
import { Misfit } from '../../lib/errors.js';
import { JobWriter } from '../../lib/laravel/job.js';
import { compileKeys } from '../../lib/laravel/keys.js';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { compileEnqueue, EnqueueCall, Outcome } from '../../lib/queue/enqueue.js';
import { parseUpdate } from '../../lib/webhook/update.js';
import { settingsOf, type Values } from '../support/queue.js';
import { textUpdate } from '../support/tgook.js';

const SCRIPT = readFileSync(`${PACKAGE_ROOT}lib/queue/enqueue.lua`, 'utf8');
const [HEADER = '', CODE = ''] = SCRIPT.split(/\n\n(?=local DAY)/);

/** The lines of the header's KEYS or ARGV: their number, or the sentence that begins the variable part. */
function section(name: 'KEYS' | 'ARGV'): string[] {
  const [, text = ''] = new RegExp(`^-- ${name} (.*?)^--\\n`, 'ms').exec(HEADER) ?? [];
  return text
    .split('\n')
    .map(line => line.replace(/^--/, '').trim())
    .filter(Boolean);
}

/** `1  list   the queue …` as [1, 'list'] */
const numbered = (lines: readonly string[]) =>
  lines.flatMap(line => {
    const match = /^(\d+) +(\S+)/.exec(line);
    return match === null ? [] : [[Number(match[1]), match[2]!] as const];
  });

/** A command's bytes as its arguments, by the rules of RESP. */
function arguments_(bytes: Buffer): string[] {
  let at = 0;
  const number = (mark: string): number => {
    const end = bytes.indexOf('\r\n', at);
    const line = bytes.toString('latin1', at, end);
    if (line[0] !== mark || !/^.\d+$/.test(line)) throw new Error(`'${line}' where ${mark} must be`);
    at = end + 2;
    return Number(line.slice(1));
  };
  const values: string[] = [];
  for (let left = number('*'); left > 0; left--) {
    const length = number('$');
    values.push(bytes.toString('utf8', at, at + length));
    if (bytes.toString('latin1', at + length, at + length + 2) !== '\r\n')
      throw new Error('no end of a string');
    at += length + 2;
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes too many`);
  return values;
}

const NOW = 1_764_000_000_500;

function openCall(values: Values = {}) {
  const settings = settingsOf(values);
  const keys = compileKeys(settings);
  const call = new EnqueueCall<number>(compileEnqueue(settings, keys), new JobWriter(settings, keys));
  const add = (body: string, bot = 'main') => call.add(bot, parseUpdate(Buffer.from(body)), 0, NOW);
  const bytes = () => Buffer.from(call.command(NOW, 'EVALSHA').toWritable());
  return { call, keys, add, bytes };
}

/** What the script gets: its keys and arguments, in groups as its header has them. */
function read(bytes: Buffer, jobs: number) {
  const [name, script, count, ...rest] = arguments_(bytes);
  const keys = rest.slice(0, Number(count));
  const argv = rest.slice(Number(count));
  const groups = (values: readonly string[], fixed: number) => {
    const each = (values.length - fixed) / jobs;
    return Array.from({ length: jobs }, (_, i) => values.slice(fixed + i * each, fixed + (i + 1) * each));
  };
  return { name, script, keys, argv, groups };
}

t.test("the header's numbers are those of the wrapper's keys and arguments", t => {
  t.same(numbered(section('KEYS')), [
    [1, 'list'],
    [2, 'notify'],
    [3, 'horizon-seen'],
    [4, 'masters'],
    [5, 'recent_jobs'],
    [6, 'pending_jobs'],
    [7, 'monitoring'],
  ]);
  t.same(numbered(section('ARGV')), [
    [1, 'now'],
    [2, 'horizon'],
    [3, 'tags'],
    [4, 'connection'],
    [5, 'queue'],
    [6, 'name'],
  ]);
  const { keys, add, bytes } = openCall({ TGOOK_TAGS: 'a,b:{bot}', TGOOK_QUEUE_CONNECTION: 'redis-2' });
  add(textUpdate(70_000));
  add('{"update_id":5}', 'other');
  const sent = read(bytes(), 2);
  const byName: Record<string, string> = {
    list: keys.list,
    notify: keys.notify,
    'horizon-seen': keys.horizonSeen,
    masters: keys.masters,
    recent_jobs: keys.recentJobs,
    pending_jobs: keys.pendingJobs,
    monitoring: keys.monitoring,
    now: '1764000000',
    horizon: 'auto',
    tags: '2',
    connection: 'redis-2',
    queue: 'telegram_updates',
    name: 'App\\Jobs\\ProcessTelegramUpdateJob',
  };
  for (const [number, name] of numbered(section('KEYS'))) t.equal(sent.keys[number - 1], byName[name], name);
  for (const [number, name] of numbered(section('ARGV'))) t.equal(sent.argv[number - 1], byName[name], name);
  t.end();
});

t.test('for each update come its keys and arguments, in the order of the header', t => {
  t.match(
    section('KEYS').join(' '),
    /then for each update: seen .* unless ARGV\[2\] is never: the job's hash, and one sorted set for each tag or, in a call without updates: probe /,
  );
  t.match(
    section('ARGV').join(' '),
    /then for each update: payload, bit, id, time \(unix seconds with a fraction\), limit .*, each tag$/,
  );
  const { add, bytes } = openCall({ TGOOK_TAGS: 'a,b:{bot}' });
  add(textUpdate(70_000));
  add('{"update_id":5}', 'other');
  const { keys, argv, groups } = read(bytes(), 2);
  const keysOf = groups(keys, 7);
  const argumentsOf = groups(argv, 6);
  t.equal(argv.length, 6 + 2 * (5 + 2));
  for (const [i, [bot, bitmap, bit]] of (
    [
      ['main', 1, 4464],
      ['other', 0, 5],
    ] as const
  ).entries()) {
    const [payload = '', seenBit, id, time, limit, ...tags] = argumentsOf[i]!;
    t.same([seenBit, time, limit, ...tags], [String(bit), '1764000000.5', '0', 'a', `b:${bot}`]);
    const parsed = JSON.parse(payload) as { id: string; pushedAt: string };
    t.same([parsed.id, parsed.pushedAt], [id, time]);
    t.same(keysOf[i], [
      `laravel_database_tgook:seen:${bot}:${bitmap}`,
      `laravel_horizon:${id}`,
      'laravel_horizon:a',
      `laravel_horizon:b:${bot}`,
    ]);
  }
  t.end();
});

t.test('with TGOOK_QUEUE_MAX each update has the length at which the queue is full for it', t => {
  const limitsOf = (most: number | undefined, updates: readonly string[]) => {
    const { add, bytes } = openCall({ TGOOK_QUEUE_MAX: most, TGOOK_TAGS: 'a', TGOOK_JOB_FORMAT: 'json' });
    for (const [i, update] of updates.entries()) add(`{"update_id":${i},${update}}`);
    const { groups, argv } = read(bytes(), updates.length);
    return groups(argv, 6).map(values => values[4]);
  };
  const urgent = ['inline_query', 'callback_query', 'shipping_query', 'pre_checkout_query'];
  const others = ['message', 'chosen_inline_result', 'poll', 'a_kind_of_tomorrow'];
  const updates = [...urgent, ...others].map(kind => `"${kind}":{"id":"1"}`);
  t.same(limitsOf(100, updates), [...urgent.map(() => '125'), ...others.map(() => '100')]);
  t.same(limitsOf(1, updates), [...urgent.map(() => '2'), ...others.map(() => '1')]);
  t.same(limitsOf(undefined, updates), Array(8).fill('0'));
  t.end();
});

t.test('without Horizon there are no keys of it', t => {
  const { keys, add, bytes } = openCall({ TGOOK_HORIZON: 'never', TGOOK_TAGS: 'a' });
  add('{"update_id":1}');
  add('{"update_id":2}');
  const sent = read(bytes(), 2);
  const seen = `${keys.seen}main:0`;
  t.same(sent.keys, [keys.list, keys.notify, seen, seen]);
  t.same(sent.argv.slice(1, 3), ['never', '1']);
  t.same(
    sent.groups(sent.argv, 6).map(values => [values.length, values[1], values[5]]),
    [
      [6, '1', 'a'],
      [6, '2', 'a'],
    ],
  );
  t.end();
});

t.test('a call without updates asks of the probe', t => {
  for (const [values, fixed] of [
    [{}, 7],
    [{ TGOOK_HORIZON: 'never' }, 2],
  ] as const) {
    const { keys, bytes } = openCall(values);
    const sent = read(bytes(), 1);
    t.equal(sent.keys.length, fixed + 1);
    t.equal(sent.keys[fixed], keys.probe);
    t.equal(sent.argv.length, 6);
  }
  t.end();
});

t.test('a call that nobody waits for any more is sent as it is', t => {
  // Its updates were answered when the time was up, and only then Redis says that it does not know the script.
  const { call, add, bytes } = openCall();
  add(textUpdate(1));
  add(textUpdate(2));
  const before = bytes();
  call.requests.length = 0;
  t.ok(bytes().equals(before));
  t.end();
});

t.test("the header's outcomes, the script's constants and the enum are the same", t => {
  const [, text = ''] = /^-- Returns one integer for each update:\n(.*?)^-- or an error/ms.exec(HEADER) ?? [];
  const codes = [...text.matchAll(/^-- +(\d) +(.*)$/gm)].map(
    ([, code, words]) => [Number(code), words!] as const,
  );
  t.same(
    codes.map(([code]) => code),
    [0, 1, 2, 3, 4],
  );
  const [, names = '', values = ''] = /^local (DUPLICATE.*) = ([\d, ]+)$/m.exec(CODE) ?? [];
  const inScript = Object.fromEntries(
    names.split(', ').map((name, i) => [name, Number(values.split(', ')[i])]),
  );
  const inEnum = Object.entries(Outcome).filter(([, code]) => typeof code === 'number');
  const inCapitals = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  t.same(inScript, Object.fromEntries(inEnum.map(([name, code]) => [inCapitals(name), code])));
  for (const [code, words] of codes) {
    t.match(
      words,
      [/^duplicate/, /^enqueued$/, /^enqueued without all of Horizon's/, /^refused/, /^full/][code]!,
    );
  }
  t.match(Outcome, { Duplicate: 0, Enqueued: 1, WithoutHorizon: 2, Refused: 3, Full: 4 });
  t.end();
});

t.test('the script reads no key that is not in its KEYS', t => {
  // Keys are named by KEYS[…], or by a variable that is set from it: never by a text.
  for (const [command] of CODE.matchAll(/redis\.p?call\(([^)]*)\)/g)) {
    t.match(
      command,
      /^redis\.p?call\('[A-Z]+', (list|notify|key|seen|hash|recent|pending|monitoring|probe|KEYS\[[^\]]+\])/,
    );
  }
  t.notMatch(CODE, /cjson/, 'and no JSON of a stranger');
  t.end();
});

t.test('EVAL brings the script, and is the same else', t => {
  const { call, add } = openCall();
  add(textUpdate(1));
  const bySha = arguments_(Buffer.from(call.command(NOW, 'EVALSHA').toWritable()));
  const byText = arguments_(Buffer.from(call.command(NOW, 'EVAL').toWritable()));
  t.same([bySha[0], byText[0]], ['EVALSHA', 'EVAL']);
  t.match(bySha[1], /^[0-9a-f]{40}$/);
  t.equal(byText[1], SCRIPT);
  t.same(bySha.slice(2), byText.slice(2));
  t.end();
});

t.test('payloads of every length keep theirs', t => {
  const { add, bytes, call } = openCall({
    TGOOK_JOB_FORMAT: 'json',
    TGOOK_LARAVEL: '11',
    TGOOK_HORIZON: 'never',
  });
  const bodies = [1, 90, 250, 400, 500, 4000, 9000, 9500, 50_000, 99_000, 250_000, 2_000_000].flatMap(
    length => [
      `{"update_id":1,"text":"${'x'.repeat(length)}"}`,
      `{"update_id":2,"text":"${'я'.repeat(length)}"}`,
    ],
  );
  for (const body of bodies) add(body);
  const { groups, argv } = read(bytes(), bodies.length);
  const lengths = new Set<number>();
  groups(argv, 6).forEach(([payload = ''], i) => {
    const { data } = JSON.parse(payload) as { data: { command: string } };
    if (!data.command.includes(bodies[i]!)) t.fail(`body ${i} is another`);
    lengths.add(String(Buffer.byteLength(payload)).length);
  });
  t.same([...lengths].sort(), [3, 4, 5, 6, 7], 'of 3 to 7 digits');
  t.equal(call.reset(), false, 'a buffer that has become huge is not kept');
  t.end();
});

t.test('more keys than there is room for in front are sent all the same', t => {
  const tags = Array.from({ length: 16 }, (_, i) => `tag-${i}-${'t'.repeat(80)}`);
  const { add, bytes } = openCall({ TGOOK_TAGS: tags.join(), HORIZON_PREFIX: 'h'.repeat(120) });
  for (let i = 0; i < 128; i++) add(`{"update_id":${i}}`);
  const { keys, groups } = read(bytes(), 128);
  t.equal(keys.length, 7 + 128 * 18);
  t.same(new Set(groups(keys, 7).map(([seen]) => seen)).size, 1);
  t.end();
});

t.test('a call that was emptied is as new', t => {
  const { call, add, bytes } = openCall();
  const one = '{"update_id":1}';
  add(one);
  const size = call.size;
  add(textUpdate(2));
  t.equal(call.requests.length, 2);
  t.equal(call.reset(), true);
  t.same([call.requests.length, call.size], [0, 0]);
  add(one);
  t.equal(call.size, size);
  t.equal(read(bytes(), 1).argv[7], '1');
  t.end();
});

/** An inline keyboard: each of its buttons takes 12 bytes in a body and about 500 in a job. */
function bomb(id: number, buttons: number): string {
  const keyboard = `[[${Array(buttons).fill('{"text":""}').join()}]]`;
  const message = `"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"reply_markup":{"inline_keyboard":${keyboard}}`;
  return `{"update_id":${id},"message":{${message}}}`;
}

t.test('a body that would become more than 16 MiB does not fit, and leaves the call as it was', t => {
  const size = (buttons: number) => {
    const { call, add } = openCall();
    add(bomb(1, buttons));
    return call.size;
  };
  const each = (size(2000) - size(1000)) / 1000;
  const most = Math.floor((16 * 1024 * 1024) / each);
  t.ok(bomb(1, most).length < 1024 * 1024, `a body of ${bomb(1, most).length} bytes becomes 16 MiB`);
  const { call, add, bytes } = openCall();
  add(textUpdate(1));
  for (const buttons of [most + 50, most + 1000, Math.floor(most * 1.5), 80_000]) {
    const before = { bytes: bytes(), size: call.size, requests: call.requests.length };
    const body = bomb(2, buttons);
    t.ok(body.length < 1024 * 1024);
    t.throws(
      () => add(body),
      { name: 'Misfit', message: 'the job would be larger than 16777216 bytes' },
      String(buttons),
    );
    t.ok(bytes().equals(before.bytes), 'the bytes are the same');
    t.same([call.size, call.requests.length], [before.size, before.requests]);
    add(textUpdate(buttons));
  }
  add(bomb(3, most - 500));
  const { groups, argv } = read(bytes(), 6);
  t.same(
    groups(argv, 6).map(([payload = '']) => /\\"updateId\\";i:(\d+);/.exec(payload)?.[1]),
    ['1', String(most + 50), String(most + 1000), String(Math.floor(most * 1.5)), '80000', '3'],
  );
  t.end();
});

t.test('an update that does not fit leaves nothing behind, wherever it fails', t => {
  const { call, add, bytes } = openCall();
  add(textUpdate(1, 'Привет'));
  const before = bytes();
  for (const message of [
    '{}',
    '5',
    '{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":5}',
    '{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"Привет","entities":[{}]}',
    `{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"${'ä'.repeat(400_000)}","venue":1}`,
  ]) {
    t.throws(() => add(`{"update_id":2,"message":${message}}`), Misfit);
    t.ok(bytes().equals(before));
    t.equal(call.requests.length, 1);
  }
  t.end();
});
