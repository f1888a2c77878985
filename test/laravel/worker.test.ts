import t, { type Test } from 'tap';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { NEWEST_SCHEMA, readBundledSchema } from '../../lib/schema/bundled.js';
import { type GoldenUpdate, readGolden } from '../support/golden.js';
import { post, type Settings, startTgook, type Tgook, textUpdate } from '../support/tgook.js';
import { differences } from './support/compare.js';
import { HORIZON, type Received, startHorizon, work } from './support/laravel.js';

async function start(t: Test, settings: Settings): Promise<[Tgook, PrivateRedis]> {
  const redis = await startPrivateRedis();
  const tgook = await startTgook({ REDIS_PORT: redis.port, SECRET_TOKEN: 'abc', ...settings });
  t.teardown(async () => {
    await tgook.stop('SIGKILL');
    await redis.stop();
  });
  return [tgook, redis];
}

/** Texts that have broken serializers, queues or pop scripts elsewhere. */
const TEXTS = [
  'plain',
  'Привет, мир',
  '日本語のテキスト',
  '👩‍👩‍👧‍👦 🇩🇪 👍🏽',
  'é'.repeat(300),
  '";s:4:"evil";O:8:"stdClass":0:{}',
  's:5:"hello";i:5;R:1;r:2;N;}',
  'quotes " and \\ backslashes \\\\ and / slashes',
  'line\nbreak\ttab\r\u0000nul\u001f\u007f\u2028\u2029',
  '{"json":[1,2,{"a":null}]}',
  '[]',
  '',
  '\ufffe\uffff\u{10ffff}',
];

interface Sent {
  readonly bot: string;
  readonly body: string;
}

function thousandUpdates(): Sent[] {
  const golden = readGolden<GoldenUpdate>('updates.jsonl').filter(({ tz }) => tz === 'UTC');
  const sent: Sent[] = golden.map(({ bot, body }) => ({ bot, body }));
  for (let id = 1; sent.length < 1000; id++) {
    sent.push({ bot: `bot-${id % 7}`, body: textUpdate(id, TEXTS[id % TEXTS.length]) });
  }
  return sent;
}

async function deliver(t: Test, tgook: Tgook, sent: readonly Sent[]): Promise<void> {
  for (let i = 0; i < sent.length; i += 20) {
    const answers = await Promise.all(
      sent.slice(i, i + 20).map(({ bot, body }) => post(tgook, bot, body, 'abc')),
    );
    for (const { status } of answers) if (status !== 200) t.fail(`answered ${status}`);
  }
}

/** By bot and update id, which are unique together. */
function byUpdate(received: readonly Received[], idOf: (update: unknown) => number): Map<string, Received> {
  return new Map(received.map(job => [`${job.bot} ${idOf(job.update)}`, job]));
}

const updateId = (body: string): number => (JSON.parse(body) as { update_id: number }).update_id;

t.test('queue:work handles a thousand typed updates, each with its bot and its content', async t => {
  const [tgook, redis] = await start(t, {});
  const sent = thousandUpdates();
  await deliver(t, tgook, sent);
  const { received, output } = await work({ redisPort: redis.port });
  t.equal(received.length, 1000, output.slice(-500));
  const jobs = byUpdate(received, update => (update as { updateId: number }).updateId);
  t.equal(jobs.size, 1000, 'each once');
  const facts = readBundledSchema(NEWEST_SCHEMA);
  for (const { bot, body } of sent) {
    const job = jobs.get(`${bot} ${updateId(body)}`);
    const differ = job === undefined ? ['no job'] : differences(facts, JSON.parse(body), job.update);
    if (differ.length > 0) t.same(differ, [], `${bot} ${updateId(body)}`);
  }
  t.ok(received.every(({ attempts, id, uuid }) => attempts === 1 && id === uuid));
  t.equal(await redis.client.llen('laravel_database_queues:telegram_updates'), 0);
  t.equal(
    await redis.client.llen('laravel_database_queues:telegram_updates:notify'),
    0,
    'notify is balanced',
  );
  t.equal(await redis.client.zcard('laravel_database_queues:telegram_updates:reserved'), 0);
});

t.test('PHP gives back the bytes that it was given, in a zone with daylight saving', async t => {
  const zone = 'Europe/Moscow';
  const [tgook, redis] = await start(t, { APP_TIMEZONE: zone });
  const golden = readGolden<GoldenUpdate>('updates.jsonl').filter(({ tz }) => tz === zone);
  await deliver(t, tgook, golden);
  const { received } = await work({ redisPort: redis.port, env: { APP_TIMEZONE: zone } });
  const jobs = byUpdate(received, update => (update as { updateId: number }).updateId);
  for (const { id, bot, body, expect } of golden) {
    const bytes = Buffer.from(jobs.get(`${bot} ${updateId(body)}`)?.serialized ?? '', 'base64').toString();
    t.ok(bytes !== '' && expect.includes(bytes), id);
  }
});

for (const format of ['json', 'legacy'] as const) {
  t.test(`queue:work handles updates in the format ${format}`, async t => {
    const [tgook, redis] = await start(t, { TGOOK_JOB_FORMAT: format });
    const sent = TEXTS.map((text, i) => ({ bot: 'main', body: textUpdate(i + 1, text) }));
    await deliver(t, tgook, sent);
    const { received, output } = await work({ redisPort: redis.port, env: { TGOOK_TEST_FORMAT: format } });
    t.same(
      received.map(({ update }) => update).sort(),
      sent.map(({ body }) => body).sort(),
      output.slice(-500),
    );
    t.ok(received.every(({ bot }) => bot === 'main'));
    if (format === 'legacy') {
      t.ok(received.every(({ timestamp }) => Math.abs((timestamp ?? 0) - Date.now() / 1000) < 60));
    }
  });
}

for (const laravel of ['11', '12', '13']) {
  t.test(`a worker takes the payload of Laravel ${laravel}, with and without Horizon's fields`, async t => {
    for (const horizon of ['never', 'always']) {
      const prefix = `of${laravel}_`;
      const [tgook, redis] = await start(t, {
        TGOOK_LARAVEL: laravel,
        TGOOK_HORIZON: horizon,
        REDIS_PREFIX: prefix,
      });
      await deliver(t, tgook, [{ bot: 'main', body: textUpdate(1) }]);
      const { received, output } = await work({ redisPort: redis.port, prefix });
      t.equal(received.length, 1, output.slice(-500));
    }
  });
}

t.test(
  'a Horizon master takes the jobs and completes them in its own books',
  { skip: HORIZON === undefined && 'TGOOK_TEST_HORIZON does not name a folder with laravel/horizon' },
  async t => {
    const [tgook, redis] = await start(t, {});
    const master = startHorizon({ redisPort: redis.port, received: `${t.testdir({})}/received.jsonl` });
    while ((await redis.client.zcard('laravel_horizon:masters')) === 0) {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    const sent = TEXTS.map((text, i) => ({ bot: 'main', body: textUpdate(i + 1, text) }));
    await deliver(t, tgook, sent);
    while ((await redis.client.zcard('laravel_horizon:completed_jobs')) < sent.length) {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    t.equal(await redis.client.zcard('laravel_horizon:pending_jobs'), 0);
    t.equal(await redis.client.zcard('laravel_horizon:recent_jobs'), sent.length);
    const { received } = await master.stop();
    t.equal(received.length, sent.length);
  },
);
