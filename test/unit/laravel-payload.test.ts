import { readFileSync } from 'node:fs';
import t from 'tap';
import { Misfit } from '../../lib/errors.js';
import { JobWriter } from '../../lib/laravel/job.js';
import { compileKeys, type Keys } from '../../lib/laravel/keys.js';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { ByteWriter } from '../../lib/php/byte-writer.js';
import { parseUpdate } from '../../lib/webhook/update.js';
import { type GoldenUpdate, type Payload, readGolden } from '../support/golden.js';
import { settingsOf, type Values } from '../support/queue.js';
import { textUpdate } from '../support/tgook.js';
import { type PhpObject, property, unserialize } from '../support/unserialize.js';

const NOW = 1_764_000_000_123;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function write(values: Values, body: string, bot = 'main', now = NOW) {
  const settings = settingsOf(values);
  const keys: Keys = compileKeys(settings);
  const writer = new ByteWriter(64, 0);
  writer.begin(0);
  const job = new JobWriter(settings, keys).write(writer, bot, parseUpdate(Buffer.from(body)), now);
  const json = writer.buffer.toString('utf8', 0, writer.position);
  return { job, json, keys, payload: JSON.parse(json) as Payload };
}

/** Keys in their order, those of `data` among them. */
const order = (payload: Payload): unknown[] =>
  Object.keys(payload).map(key => (key === 'data' ? { data: Object.keys(payload.data) } : key));

type Scenarios = Record<string, { readonly payloadOrder: unknown[] }>;
const { scenarios } = JSON.parse(
  readFileSync(`${PACKAGE_ROOT}test/golden/horizon-dispatch.json`, 'utf8'),
) as {
  scenarios: Scenarios;
};

const HORIZON = ['type', 'tags', 'silenced', 'pushedAt'];

/** In Laravel's order, by version; measured on 11.x, 12.72 (the golden file has it too) and 13.42. */
const FIELDS: Readonly<Record<string, readonly unknown[]>> = {
  11: [
    ...[
      'uuid',
      'displayName',
      'job',
      'maxTries',
      'maxExceptions',
      'failOnTimeout',
      'backoff',
      'timeout',
      'retryUntil',
    ],
    { data: ['commandName', 'command'] },
    ...['id', 'attempts'],
  ],
  12: scenarios['plain-push']!.payloadOrder,
  13: [
    ...[
      'uuid',
      'displayName',
      'job',
      'maxTries',
      'maxExceptions',
      'failOnTimeout',
      'countCrashesAsExceptions',
    ],
    ...['backoff', 'timeout', 'retryUntil', 'deleteWhenMissingModels'],
    { data: ['commandName', 'command', 'batchId'] },
    ...['createdAt', 'id', 'attempts', 'delay'],
  ],
};

for (const [laravel, fields] of Object.entries(FIELDS)) {
  for (const horizon of ['auto', 'always', 'never']) {
    t.test(`the payload of Laravel ${laravel}, TGOOK_HORIZON ${horizon}`, t => {
      const { payload, json, job } = write({ TGOOK_LARAVEL: laravel, TGOOK_HORIZON: horizon }, textUpdate(1));
      t.same(order(payload), horizon === 'never' ? fields : [...fields, ...HORIZON]);
      t.match(payload.uuid, UUID);
      t.equal(payload.id, payload.uuid, 'Horizon and failed_jobs find the job by either');
      t.equal(payload.id, job.id);
      t.equal(json, JSON.stringify(payload), 'no byte but those of JSON.stringify');
      const { uuid, id, data, ...rest } = payload;
      t.strictSame(rest, {
        displayName: 'App\\Jobs\\ProcessTelegramUpdateJob',
        job: 'Illuminate\\Queue\\CallQueuedHandler@call',
        maxTries: null,
        maxExceptions: null,
        failOnTimeout: false,
        ...(laravel === '13' && { countCrashesAsExceptions: false }),
        backoff: null,
        timeout: null,
        retryUntil: null,
        ...(laravel === '13' && { deleteWhenMissingModels: false }),
        ...(laravel !== '11' && { createdAt: 1_764_000_000 }),
        attempts: 0,
        ...(laravel !== '11' && { delay: null }),
        ...(horizon !== 'never' && { type: 'job', tags: [], silenced: false, pushedAt: '1764000000.123' }),
      });
      t.equal(data.commandName, 'App\\Jobs\\ProcessTelegramUpdateJob');
      t.equal((data as { batchId?: null }).batchId, laravel === '11' ? undefined : null);
      t.end();
    });
  }
}

t.test('the order with Horizon is the one that was measured', t => {
  t.same([...FIELDS[12]!, ...HORIZON], scenarios['horizon-push']!.payloadOrder);
  t.end();
});

t.test('the class is the one of the settings, in all places', t => {
  const { payload } = write({ TGOOK_JOB_CLASS: 'My\\Own\\Job' }, textUpdate(1));
  t.equal(payload.displayName, 'My\\Own\\Job');
  t.equal(payload.data.commandName, 'My\\Own\\Job');
  t.equal((unserialize(payload.data.command) as PhpObject).class, 'My\\Own\\Job');
  t.end();
});

t.test('times have a dot, as Horizon reads them', t => {
  for (const [now, text] of [
    [1_764_000_000_123, '1764000000.123'],
    [1_764_000_000_120, '1764000000.12'],
    [1_764_000_000_000, '1764000000.0'],
    [1_764_000_000_001, '1764000000.001'],
  ] as const) {
    const { payload, job } = write({}, textUpdate(1), 'main', now);
    t.equal(payload.pushedAt, text);
    t.equal(job.time, text);
    t.equal(payload.createdAt, 1_764_000_000);
  }
  t.end();
});

t.test('two jobs never have the same id', t => {
  const ids = new Set(Array.from({ length: 100 }, () => write({}, '{"update_id":1}').job.id));
  t.equal(ids.size, 100);
  t.end();
});

t.test("the bot's id stands in the tags, and the tags' keys", t => {
  const values = { TGOOK_TAGS: 'telegram,bot:{bot},{bot}/{bot}', HORIZON_PREFIX: 'h:' };
  for (const bot of ['main', '7000000001', 'a.b:c_d-e']) {
    const { payload, job } = write(values, textUpdate(1), bot);
    const tags = ['telegram', `bot:${bot}`, `${bot}/${bot}`];
    t.same(payload.tags, tags);
    t.same(job.tags, tags);
    t.same(
      job.tagKeys,
      tags.map(tag => `h:${tag}`),
    );
  }
  t.notOk('tags' in write({ ...values, TGOOK_HORIZON: 'never' }, textUpdate(1)).payload);
  t.end();
});

t.test('one writer keeps its bots apart, however many come', t => {
  const settings = settingsOf({ TGOOK_TAGS: '{bot}' });
  const jobs = new JobWriter(settings, compileKeys(settings));
  const wrong: string[] = [];
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 1100; i++) {
      const writer = new ByteWriter(4096, 0);
      writer.begin(0);
      const job = jobs.write(writer, `bot${i}`, parseUpdate(Buffer.from('{"update_id":1}')), NOW);
      const { tags, data } = JSON.parse(writer.buffer.toString('utf8', 0, writer.position)) as Payload;
      const command = unserialize(data.command);
      if (property(command, 'botId') !== `bot${i}` || String(tags) !== `bot${i}`) wrong.push(`bot${i}`);
      if (job.seenKey !== `laravel_database_tgook:seen:bot${i}:0`) wrong.push(job.seenKey);
    }
  }
  t.same(wrong, []);
  t.end();
});

t.test('the bitmap and the bit of an update', t => {
  for (const [id, bitmap, bit] of [
    [0, 0, 0],
    [1, 0, 1],
    [65_535, 0, 65_535],
    [65_536, 1, 0],
    [123_456_789, 1883, 52_501],
    [Number.MAX_SAFE_INTEGER, 137_438_953_471, 65_535],
  ] as const) {
    const { job, keys } = write({}, `{"update_id":${id}}`, 'b');
    t.same([job.seenKey, job.seenBit], [`${keys.seen}b:${bitmap}`, bit], String(id));
    t.equal(bitmap * 65_536 + bit, id);
  }
  const { job } = write({}, '{"update_id":-0}', 'b');
  t.same([job.seenKey, String(job.seenBit)], ['laravel_database_tgook:seen:b:0', '0'], '-0');
  t.end();
});

t.test('the names of the keys', t => {
  const values = { REDIS_PREFIX: 'P_', HORIZON_PREFIX: 'H:', TELEGRAM_UPDATES_QUEUE_NAME: 'Q' };
  const keys = compileKeys(settingsOf(values));
  t.strictSame(keys, {
    list: 'P_queues:Q',
    notify: 'P_queues:Q:notify',
    horizonSeen: 'P_tgook:horizon-seen',
    masters: 'H:masters',
    recentJobs: 'H:recent_jobs',
    pendingJobs: 'H:pending_jobs',
    monitoring: 'H:monitoring',
    horizon: 'H:',
    seen: 'P_tgook:seen:',
    quarantine: 'P_tgook:quarantine',
    quarantineIds: 'P_tgook:quarantine:ids',
    quarantineBytes: 'P_tgook:quarantine:bytes',
    probe: 'P_tgook:probe',
  });
  t.end();
});

/** Texts that break a serializer which counts, escapes or cuts wrongly. */
const TEXTS = [
  'plain',
  '',
  'Привет, "мир" \\ \u{1f600}',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u0000\u0001\u2028',
  `${'é'.repeat(40)}";s:5:"owner";b:1;}O:8:"stdClass":0:{}R:1;`,
];

const bodyOf = (text: string): string =>
  JSON.stringify({
    update_id: 77,
    message: { message_id: 1, date: 1_764_000_000, chat: { id: -100, type: 'group', title: text }, text },
  });

t.test('object: the update as an object graph', t => {
  for (const text of TEXTS) {
    const { payload } = write({}, bodyOf(text), 'my.bot');
    const job = unserialize(payload.data.command) as PhpObject;
    t.equal(job.class, 'App\\Jobs\\ProcessTelegramUpdateJob');
    t.same([...job.properties.keys()], ['botId', 'update']);
    t.equal(property(job, 'botId'), 'my.bot');
    t.equal(property(job, 'update', 'updateId'), 77);
    t.equal((property(job, 'update') as PhpObject).class, 'Phptg\\BotApi\\Type\\Update\\Update');
    t.equal(property(job, 'update', 'message', 'text'), text);
    t.equal(property(job, 'update', 'message', 'chat', 'title'), text);
    t.equal(property(job, 'update', 'message', 'date', 'date'), '2025-11-24 16:00:00.000000');
    t.equal(property(job, 'update', 'callbackQuery'), null);
    t.equal(property(job, 'update', '\u0000Phptg\\BotApi\\Type\\Update\\Update\u0000raw'), null);
  }
  t.end();
});

t.test('json: the same class, and the body as it came', t => {
  for (const text of TEXTS) {
    for (const body of [bodyOf(text), ` ${bodyOf(text).replace('{', '{\n\t"x": "\\u00e9\\/",')}\n`]) {
      const { payload } = write({ TGOOK_JOB_FORMAT: 'json' }, body, 'my.bot');
      const job = unserialize(payload.data.command) as PhpObject;
      t.equal(job.class, 'App\\Jobs\\ProcessTelegramUpdateJob');
      t.strictSame(Object.fromEntries(job.properties), { botId: 'my.bot', update: body });
    }
  }
  t.end();
});

t.test('legacy: bot_id, the body, and the second at which it came', t => {
  for (const text of TEXTS) {
    const { payload } = write({ TGOOK_JOB_FORMAT: 'legacy' }, bodyOf(text), 'my.bot');
    t.equal(payload.displayName, 'App\\Jobs\\ProcessTelegramUpdate');
    const job = unserialize(payload.data.command) as PhpObject;
    t.equal(job.class, 'App\\Jobs\\ProcessTelegramUpdate');
    t.same(
      [...job.properties],
      [
        ['bot_id', 'my.bot'],
        ['update', bodyOf(text)],
        ['timestamp', 1_764_000_000],
      ],
    );
  }
  t.end();
});

t.test('json and legacy hold what object cannot', t => {
  const body = '{"update_id":1,"message":{"text":5}}';
  t.throws(() => write({}, body), Misfit);
  for (const format of ['json', 'legacy']) {
    const { payload } = write({ TGOOK_JOB_FORMAT: format }, body);
    t.equal(property(unserialize(payload.data.command), 'update'), body);
  }
  t.end();
});

t.test('a lone surrogate cannot break the pop of a worker', t => {
  for (const format of ['object', 'json', 'legacy']) {
    const { json, payload } = write({ TGOOK_JOB_FORMAT: format }, bodyOf('x').replaceAll('"x"', '"\\ud800"'));
    // Redis' cjson refuses these: the job would be gone behind the LPOP.
    t.notMatch(json, /\\u[dD][89abAB]/);
    const update = property(unserialize(payload.data.command), 'update');
    const text = format === 'object' ? property(update, 'message', 'text') : (update as string);
    t.match(text, format === 'object' ? /^\ufffd$/ : /"text":"\\ufffd"/);
  }
  t.end();
});

t.test('every golden update can be read back, in every format', t => {
  let read = 0;
  for (const { body, bot } of readGolden<GoldenUpdate>('updates.jsonl').filter((_, i) => i % 5 === 0)) {
    for (const format of ['object', 'json', 'legacy']) {
      const { json, payload } = write({ TGOOK_JOB_FORMAT: format }, body, bot);
      const job = unserialize(payload.data.command);
      const update = property(job, 'update');
      if (format !== 'object' && update !== body) t.fail(`${format}: another body`);
      if (property(job, format === 'legacy' ? 'bot_id' : 'botId') !== bot) t.fail(`${format}: another bot`);
      if (json.includes('\u0000')) t.fail('a raw NUL');
      read++;
    }
  }
  t.equal(read, 76 * 3);
  t.end();
});
