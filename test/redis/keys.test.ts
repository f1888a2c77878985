import { readFileSync } from 'node:fs';
import t from 'tap';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { Outcome } from '../../lib/queue/enqueue.js';
import type { Payload } from '../support/golden.js';
import { dump, type Entry, openQueue, redisFor, signalled } from '../support/queue.js';
import { textUpdate } from '../support/tgook.js';

/** What Laravel itself left in Redis. */
interface Scenario {
  readonly keys: ReadonlyArray<{ key: string; type: string; ttl: string | null; value: unknown }>;
}

const { scenarios } = JSON.parse(
  readFileSync(`${PACKAGE_ROOT}test/golden/horizon-dispatch.json`, 'utf8'),
) as {
  scenarios: Record<string, Scenario>;
};

const TIME = /\d{10}\.\d{1,4}/g;

/**
 * Puts the golden file's placeholders where a job's own values stand, so that both can be compared whole.
 * Every value is checked for its form and for being the same wherever it stands.
 */
function withPlaceholders(entries: Record<string, Entry>, list: string): unknown {
  const [payload = ''] = entries[list]!.value as string[];
  const { uuid, id, data, createdAt } = JSON.parse(payload) as Payload;
  if (id !== uuid) throw new Error('the id is not the uuid');
  let text = JSON.stringify(entries);
  const put = (value: string, placeholder: string) => {
    text = text.replaceAll(JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1), placeholder);
    text = text.replaceAll(JSON.stringify(value).slice(1, -1), placeholder);
  };
  put(data.command, '<command>');
  put(uuid, '<uuid>');
  // Redis prints a score of a whole second without a dot.
  text = text.replaceAll(/"<uuid>":"-\d{10}(\.\d{1,3})?"/g, '"<uuid>":"<-time>"');
  text = text.replaceAll(/"<uuid>":"\d{10}(\.\d{1,3})?"/g, '"<uuid>":"<+time>"');
  text = text.replaceAll(TIME, '<time>');
  text = text.replaceAll(`createdAt\\":${createdAt}`, 'createdAt\\":<seconds>');
  return JSON.parse(text);
}

/** The golden keys, in the form of a dump. */
function expected({ keys }: Scenario): Record<string, Entry> {
  return Object.fromEntries(
    keys.map(({ key, type, ttl, value }) => [
      key,
      {
        type,
        ttl: ttl === 'EXPIREAT <seconds>+3600' ? 3600 : ttl === null ? -1 : Number.NaN,
        value,
      } as Entry,
    ]),
  );
}

for (const [name, values] of [
  ['horizon-push', { TGOOK_HORIZON: 'always' }],
  ['horizon-monitored', { TGOOK_HORIZON: 'always', TGOOK_TAGS: 'telegram,bot:{bot}' }],
  ['plain-push', { TGOOK_HORIZON: 'never' }],
] as const) {
  t.test(`the keys are those of Laravel: ${name}`, async t => {
    const redis = await redisFor(t);
    if (name === 'horizon-monitored') await redis.client.sadd('laravel_horizon:monitoring', 'bot:main');
    const queue = await openQueue(t, redis.port, values);
    const before = Date.now();
    t.equal(await queue.add(1), Outcome.Enqueued);
    const { 'laravel_database_tgook:seen:main:0': seen, ...entries } = await dump(redis.client);
    t.match(
      seen,
      { type: 'string', ttl: 90_000, value: '40' },
      "tgook's own: bit 1 of a bitmap, for 25 hours",
    );
    const hash = Object.entries(entries).find(([, { type }]) => type === 'hash')?.[1];
    // An hour by Redis' own clock, which no clock of tgook's may shorten.
    if (hash !== undefined) {
      const key = Object.keys(entries).find(key => entries[key] === hash)!;
      const expires = Number(await redis.client.call('PEXPIRETIME', key)) - 3_600_000;
      t.ok(expires >= before && expires <= Date.now(), 'EXPIREAT <seconds>+3600');
      entries[key] = { ...hash, ttl: 3600 };
    }
    const golden = expected(scenarios[name]!);
    if (name === 'plain-push') {
      // Plain Laravel makes an id of its own; with tgook it is the uuid.
      const { value } = golden[queue.keys.list] as { value: string[] };
      value[0] = value[0]!.replace('"id":"<id>"', '"id":"<uuid>"');
    }
    t.strictSame(withPlaceholders(entries, queue.keys.list), golden);
    const [payload] = entries[queue.keys.list]!.value as string[];
    if (hash !== undefined) {
      t.equal(
        (hash.value as Record<string, string>).payload,
        payload,
        'the hash and the list hold the same bytes',
      );
      const { created_at, updated_at } = hash.value as Record<string, string>;
      t.equal(created_at, updated_at);
      const scores = await Promise.all(
        ['recent_jobs', 'pending_jobs'].map(key =>
          redis.client.zscore(`laravel_horizon:${key}`, (JSON.parse(payload!) as Payload).id),
        ),
      );
      t.same(scores.map(Number), [-Number(created_at), -Number(created_at)]);
    }
  });
}

t.test('two jobs: two of everything, each with its own hash', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port, { TGOOK_HORIZON: 'always' });
  t.same(await Promise.all([1, 2].map(id => queue.add(id))), [Outcome.Enqueued, Outcome.Enqueued]);
  const payloads = await redis.client.lrange(queue.keys.list, 0, -1);
  t.same(await redis.client.lrange(queue.keys.notify, 0, -1), ['1', '1']);
  for (const payload of payloads) {
    const { id } = JSON.parse(payload) as Payload;
    t.equal(await redis.client.hget(`laravel_horizon:${id}`, 'payload'), payload);
  }
  t.equal(await redis.client.zcard(queue.keys.recentJobs), 2);
  t.equal(await redis.client.zcard(queue.keys.pendingJobs), 2);
});

t.test('of several tags only those are written that are monitored', async t => {
  const redis = await redisFor(t);
  await redis.client.sadd('laravel_horizon:monitoring', 'bot:other', 'b', 'c', 'not-ours');
  const queue = await openQueue(t, redis.port, { TGOOK_HORIZON: 'always', TGOOK_TAGS: 'a,b,c,bot:{bot}' });
  const tagged = await queue.add(1);
  const others = await Promise.all([queue.add(2, 'other'), queue.add(3), queue.add(4, 'other')]);
  t.same([tagged, ...others], Array(4).fill(Outcome.Enqueued));
  const ids = (await redis.client.lrange(queue.keys.list, 0, -1)).map(
    payload => (JSON.parse(payload) as Payload).id,
  );
  t.same(await redis.client.keys('laravel_horizon:a'), []);
  t.same(await redis.client.keys('laravel_horizon:not-ours'), []);
  t.same(await redis.client.keys('laravel_horizon:bot:main'), []);
  t.same(new Set(await redis.client.zrange('laravel_horizon:b', 0, '-1')), new Set(ids));
  t.same(new Set(await redis.client.zrange('laravel_horizon:c', 0, '-1')), new Set(ids));
  t.same(new Set(await redis.client.zrange('laravel_horizon:bot:other', 0, '-1')), new Set([ids[1], ids[3]]));
});

t.test('every setting of a name is where it belongs', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port, {
    REDIS_PREFIX: 'p-',
    HORIZON_PREFIX: 'h-',
    TELEGRAM_UPDATES_QUEUE_NAME: 'q',
    TGOOK_QUEUE_CONNECTION: 'c',
    TGOOK_JOB_CLASS: 'J\\K',
    TGOOK_HORIZON: 'always',
  });
  await queue.add(5);
  const entries = await dump(redis.client);
  const id = (JSON.parse((entries['p-queues:q']!.value as string[])[0]!) as Payload).id;
  t.same(
    Object.keys(entries).sort(),
    [
      `h-${id}`,
      'h-pending_jobs',
      'h-recent_jobs',
      'p-queues:q',
      'p-queues:q:notify',
      'p-tgook:seen:main:0',
    ].sort(),
  );
  t.match(entries[`h-${id}`]?.value, { connection: 'c', queue: 'q', name: 'J\\K', status: 'pending', id });
});

t.test('text beyond ASCII gets to Redis as UTF-8, whole', async t => {
  const redis = await redisFor(t);
  const text = 'Привет \u{1f468}\u200d\u{1f469} é \u0000 \u2028 "\\';
  for (const [format, horizon] of [
    ['object', 'always'],
    ['json', 'always'],
    ['legacy', 'never'],
  ] as const) {
    const prefix = `${format}_`;
    const queue = await openQueue(t, redis.port, {
      TGOOK_JOB_FORMAT: format,
      TGOOK_HORIZON: horizon,
      REDIS_PREFIX: prefix,
    });
    t.equal(await queue.addBody(textUpdate(1, text)), Outcome.Enqueued);
    const bytes = await redis.client.lindexBuffer(queue.keys.list, 0);
    const { data } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes!)) as Payload;
    t.ok(data.command.includes(format === 'object' ? text : JSON.stringify(text)), format);
  }
});

t.test('TGOOK_HORIZON=auto', { jobs: 3 }, t => {
  const MASTERS = 'laravel_horizon:masters';
  const now = () => Math.floor(Date.now() / 1000);

  t.test('without a master no key of Horizon is written, but its fields are', async t => {
    const redis = await redisFor(t);
    const queue = await openQueue(t, redis.port);
    t.equal(await queue.add(1), Outcome.Enqueued);
    t.same(Object.keys(await dump(redis.client)), [
      'laravel_database_queues:telegram_updates',
      'laravel_database_queues:telegram_updates:notify',
      'laravel_database_tgook:seen:main:0',
    ]);
    const { type, tags, silenced, pushedAt } = JSON.parse(
      (await redis.client.lindex(queue.keys.list, 0))!,
    ) as Payload;
    t.match(
      { type, tags, silenced, pushedAt },
      { type: 'job', tags: [], silenced: false, pushedAt: /^\d+\.\d+$/ },
    );
  });

  t.test('while a master beats they are, and it is remembered for an hour', async t => {
    const redis = await redisFor(t);
    await redis.client.zadd(MASTERS, now(), 'host-abcd');
    const queue = await openQueue(t, redis.port);
    t.equal(await queue.add(1), Outcome.Enqueued);
    t.equal(await redis.client.zcard(queue.keys.pendingJobs), 1);
    t.ok(Math.abs(Number(await redis.client.get(queue.keys.horizonSeen)) - now()) <= 2);
    const ttl = await redis.client.ttl(queue.keys.horizonSeen);
    t.ok(ttl > 3590 && ttl <= 3600, `${ttl} s`);
    // A deploy: Horizon is gone for a while, and the jobs of that time are in its lists all the same.
    await redis.client.del(MASTERS);
    t.equal(await queue.add(2), Outcome.Enqueued);
    t.equal(await redis.client.zcard(queue.keys.pendingJobs), 2);
    await redis.client.del(queue.keys.horizonSeen);
    t.equal(await queue.add(3), Outcome.Enqueued);
    t.equal(await redis.client.zcard(queue.keys.pendingJobs), 2, 'once it is forgotten, no longer');
  });

  t.test('a beat is fresh for 14 seconds', async t => {
    const redis = await redisFor(t);
    const queue = await openQueue(t, redis.port);
    await redis.client.zadd(MASTERS, now() - 20, 'dead', now() - 3600, 'long dead');
    t.equal(await queue.add(1), Outcome.Enqueued);
    t.equal(await redis.client.exists(queue.keys.pendingJobs, queue.keys.horizonSeen), 0);
    await redis.client.zadd(MASTERS, now() - 10, 'tired');
    t.equal(await queue.add(2), Outcome.Enqueued);
    t.equal(await redis.client.exists(queue.keys.pendingJobs, queue.keys.horizonSeen), 2);
  });

  t.test('what is remembered is renewed once a minute while a master beats, and only then', async t => {
    const redis = await redisFor(t);
    const queue = await openQueue(t, redis.port);
    const remembered = async (age: number) => {
      await redis.client.set(queue.keys.horizonSeen, now() - age, 'EX', 1000);
    };
    await redis.client.zadd(MASTERS, now(), 'alive');
    await remembered(30);
    await queue.add(1);
    t.ok(now() - Number(await redis.client.get(queue.keys.horizonSeen)) >= 30, 'young enough: not looked at');
    await remembered(90);
    await queue.add(2);
    t.ok(now() - Number(await redis.client.get(queue.keys.horizonSeen)) <= 2);
    t.ok((await redis.client.ttl(queue.keys.horizonSeen)) > 3590);
    await redis.client.del(MASTERS);
    await remembered(90);
    await queue.add(3);
    t.ok(now() - Number(await redis.client.get(queue.keys.horizonSeen)) >= 90);
    t.ok((await redis.client.ttl(queue.keys.horizonSeen)) <= 1000, 'nobody beats: it will be forgotten');
    t.equal(await redis.client.zcard(queue.keys.pendingJobs), 3, 'all three are in the books');
  });
  t.end();
});

t.test("a clock that is hours behind Redis' does not take Horizon's hash away", async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port, { TGOOK_HORIZON: 'always' });
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  Date.now = () => now() - 3 * 3_600_000;
  t.equal(await queue.add(1), Outcome.Enqueued);
  const { id } = JSON.parse((await redis.client.lindex(queue.keys.list, 0))!) as Payload;
  t.equal(await redis.client.ttl(`laravel_horizon:${id}`), 3600);
});

t.test('a clock that jumps while Redis is silent changes nothing in what is answered, and when', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  await queue.add(1);
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  await signalled(redis, 'SIGSTOP');
  Date.now = () => now() - 86_400_000;
  const begin = performance.now();
  const early = queue.tryAdd(2);
  Date.now = () => now() + 86_400_000;
  const late = queue.tryAdd(3);
  const sweepOfAClock = new Promise(resolve => setTimeout(() => resolve('waits'), 500));
  t.equal(await Promise.race([early, late, sweepOfAClock]), 'waits', 'a day ahead is not too late');
  t.same(await Promise.all([early, late]), [undefined, undefined]);
  t.ok(performance.now() - begin < 3500);
  await signalled(redis, 'SIGCONT');
});
