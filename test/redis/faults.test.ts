import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import t from 'tap';
import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { Outcome } from '../../lib/queue/enqueue.js';
import { dump, openQueue, redisFor, type TestQueue, type Values } from '../support/queue.js';

// Most of these wait for a time to be up. Each private Redis listens for the end of the process.
t.jobs = 3;
process.setMaxListeners(30);

/** A fault that Redis reports, and how it comes and goes. */
interface Fault {
  readonly name: string;
  readonly options?: readonly string[];
  readonly values?: Values;
  readonly put: (redis: PrivateRedis) => Promise<unknown>;
  readonly mend: (redis: PrivateRedis) => Promise<unknown>;
  /** What is told of it. */
  readonly told: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'OOM',
    put: ({ client }) => client.config('SET', 'maxmemory', '1mb'),
    mend: ({ client }) => client.config('SET', 'maxmemory', '0'),
    told: /: OOM .* — Redis has reached maxmemory/,
  },
  {
    name: 'READONLY',
    put: ({ client }) => client.replicaof('127.0.0.1', 1),
    mend: ({ client }) => client.replicaof('NO', 'ONE'),
    told: /: READONLY .* — this Redis is a replica|: the connection was lost/,
  },
  {
    name: 'NOREPLICAS',
    put: ({ client }) => client.config('SET', 'min-replicas-to-write', '1'),
    mend: ({ client }) => client.config('SET', 'min-replicas-to-write', '0'),
    told: /: NOREPLICAS .* — Redis waits for replicas/,
  },
  {
    name: 'MISCONF',
    options: ['--enable-protected-configs', 'yes', '--stop-writes-on-bgsave-error', 'yes'],
    async put({ client, folder }) {
      await client.config('SET', 'save', '3600 1');
      rmSync(folder, { recursive: true });
      await client.bgsave();
      await until(async () => /rdb_last_bgsave_status:err/.test(await client.info('persistence')));
    },
    mend: ({ client }) => client.config('SET', 'stop-writes-on-bgsave-error', 'no'),
    told: /: MISCONF .* — Redis cannot save to disk/,
  },
  {
    name: 'NOPERM (rpush)',
    values: { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' },
    put: ({ client }) => client.acl('SETUSER', 'tgook', '-rpush'),
    mend: ({ client }) => client.acl('SETUSER', 'tgook', '+rpush'),
    told: /: .* — check the ACL rights of tgook's Redis user/,
  },
  {
    name: 'NOPERM (evalsha)',
    values: { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' },
    put: ({ client }) => client.acl('SETUSER', 'tgook', '-evalsha'),
    mend: ({ client }) => client.acl('SETUSER', 'tgook', '+evalsha'),
    told: /: NOPERM .* — check the ACL rights of tgook's Redis user/,
  },
  {
    name: 'NOPERM (a key)',
    values: { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' },
    put: ({ client }) =>
      client.acl('SETUSER', 'tgook', 'resetkeys', '~laravel_database_tgook:*', '~laravel_horizon:*'),
    mend: ({ client }) => client.acl('SETUSER', 'tgook', '~*'),
    told: /: NOPERM .* — check the ACL rights of tgook's Redis user/,
  },
  {
    name: 'the queue key is of another type',
    put: async ({ client }) => {
      await client.rename('laravel_database_queues:telegram_updates', 'aside');
      await client.set('laravel_database_queues:telegram_updates', 'x');
    },
    mend: ({ client }) => client.rename('aside', 'laravel_database_queues:telegram_updates'),
    told: /: WRONGTYPE .* — another program uses the queue key for something else: check REDIS_PREFIX/,
  },
  {
    name: 'the notify key is of another type',
    put: async ({ client }) => {
      await client.rename('laravel_database_queues:telegram_updates:notify', 'aside');
      await client.hset('laravel_database_queues:telegram_updates:notify', 'x', '1');
    },
    mend: ({ client }) => client.rename('aside', 'laravel_database_queues:telegram_updates:notify'),
    told: /: WRONGTYPE /,
  },
];

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise(resolve => setTimeout(resolve, 10));
}

/** What is in Redis. A bit that was taken back may leave an empty bitmap, which expires. */
async function stored({ client }: PrivateRedis): Promise<Record<string, unknown>> {
  const entries = Object.entries(await dump(client)).map(([key, { value }]) => [key, value] as const);
  return Object.fromEntries(
    entries.filter(([key, value]) => !(key.includes(':seen:') && /^0*$/.test(String(value)))),
  );
}

/** Makes the user that some faults take rights from. */
async function start(
  t: Parameters<typeof openQueue>[0],
  fault: Partial<Fault>,
): Promise<[PrivateRedis, TestQueue]> {
  const redis = await redisFor(t, fault.options);
  await redis.client.acl('SETUSER', 'tgook', 'on', '>p', '~*', '+@all');
  return [redis, await openQueue(t, redis.port, { TGOOK_HORIZON: 'always', ...fault.values })];
}

t.test('what Redis refuses', { jobs: 3 }, t => {
  for (const fault of FAULTS) {
    t.test(`${fault.name}: not stored, nothing half-written, told, and fine again behind it`, async t => {
      const [redis, queue] = await start(t, fault);
      t.equal(await queue.add(1), Outcome.Enqueued);
      await fault.put(redis);
      const before = await stored(redis);
      t.equal(await queue.tryAdd(2), undefined);
      t.same(await stored(redis), before, 'Redis is as it was');
      await queue.until(fault.told);
      t.equal(await queue.tryAdd(3), undefined, 'and again');
      await fault.mend(redis);
      t.ok((await queue.until(undefined)) <= 3000, 'within 3 s');
      t.equal(await queue.add(2), Outcome.Enqueued, 'the retry is no duplicate');
      t.equal(await queue.add(1), Outcome.Duplicate, 'and what was stored is known');
      t.same([await redis.client.llen(queue.keys.list), await redis.client.llen(queue.keys.notify)], [2, 2]);
      t.equal(await redis.client.zcard(queue.keys.pendingJobs), 2);
    });
  }
  t.end();
});

t.test('a server that refuses from the start', { jobs: 3 }, t => {
  for (const [name, values, told, mend] of [
    [
      'NOAUTH',
      {},
      /: NOAUTH .* — Redis wants a password: set REDIS_PASSWORD/,
      ({ client }: PrivateRedis) => client.config('SET', 'requirepass', ''),
    ],
    [
      'WRONGPASS',
      { REDIS_PASSWORD: 'wrong' },
      /: WRONGPASS .* — check REDIS_USERNAME and REDIS_PASSWORD/,
      ({ client }: PrivateRedis) => client.config('SET', 'requirepass', 'wrong'),
    ],
    [
      'an unknown user',
      { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' },
      /: WRONGPASS .* — check REDIS_USERNAME and REDIS_PASSWORD/,
      ({ client }: PrivateRedis) => client.acl('SETUSER', 'tgook', 'on', '>p', '~*', '+@all'),
    ],
  ] as const) {
    t.test(`${name}: never usable, nothing written, and fine within 3 s of the mend`, async t => {
      const redis = await redisFor(t);
      await redis.client.config('SET', 'requirepass', 'right');
      const queue = await openQueue(t, redis.port, values);
      t.match(queue.said, [told]);
      t.notMatch(queue.said.join(), /right|wrong/, 'passwords are not told');
      t.equal(queue.usable, false);
      t.equal(await queue.tryAdd(1), undefined);
      t.same(await dump(redis.client), {});
      await mend(redis);
      await queue.until(undefined);
      t.equal(await queue.add(1), Outcome.Enqueued);
    });
  }
  t.end();
});

t.test('LOADING: not usable while Redis loads, and fine behind it', async t => {
  // Redis sleeps before each key that it loads, and looks at its clients all the time.
  const redis = await redisFor(t, [
    '--key-load-delay',
    '50000',
    '--loading-process-events-interval-bytes',
    '1024',
  ]);
  for (let i = 0; i < 25; i++) await redis.client.set(`filler:${i}`, 'x'.repeat(4096));
  await redis.client.config('SET', 'rdbcompression', 'no');
  const queue = await openQueue(t, redis.port);
  t.equal(await queue.add(1), Outcome.Enqueued);
  await redis.client.save();
  await redis.kill();
  await queue.until(/./);
  let loaded = false;
  const restarted = redis.restart().then(() => {
    loaded = true;
  });
  // A client that does not wait for the end of it, as the queue's own does.
  const looker = new Redis(redis.port, { enableReadyCheck: false, retryStrategy: () => 20 });
  looker.on('error', () => {});
  t.teardown(() => looker.disconnect());
  t.match(await looker.info('persistence'), /^loading:1/m);
  for (let i = 0; i < 5; i++) {
    if (queue.usable || (await queue.tryAdd(2)) !== undefined) t.fail('it was usable');
    await looker.info();
  }
  t.equal(loaded, false, 'it is still loading');
  await restarted;
  await queue.until(undefined);
  t.equal(await queue.add(2), Outcome.Enqueued);
  t.equal(await queue.add(1), Outcome.Duplicate);
});

t.test('a fault in the middle of a batch takes back only what it hit', async t => {
  const [redis, queue] = await start(t, {});
  // Of three bitmaps the one in the middle is something else.
  await redis.client.lpush(`${queue.keys.seen}main:1`, 'x');
  const outcomes = await Promise.all([1, 65_536, 131_072].map(id => queue.tryAdd(id)));
  t.same(outcomes, [Outcome.Enqueued, undefined, Outcome.Enqueued]);
  t.equal(await redis.client.llen(queue.keys.list), 2);
  t.equal(await redis.client.llen(queue.keys.notify), 2);
  t.equal(await queue.tryAdd(65_537), undefined, 'alone it is an error');
  await redis.client.del(`${queue.keys.seen}main:1`);
  t.equal(await queue.add(65_536), Outcome.Enqueued);
});

t.test("Horizon's keys", { jobs: 3 }, t => {
  const JOB = 'the hash';
  for (const [key, values] of [
    ['recent_jobs', {}],
    ['pending_jobs', {}],
    ['monitoring', { TGOOK_TAGS: 'tag' }],
    ['tag', { TGOOK_TAGS: 'tag' }],
    [JOB, {}],
  ] as const) {
    t.test(`${key} cannot be written: the job is there, counted as without Horizon`, async t => {
      const redis = await redisFor(t);
      await redis.client.acl(
        'SETUSER',
        'tgook',
        'on',
        '>p',
        '~*',
        '+@all',
        ...(key === JOB ? ['-hset'] : []),
      );
      if (key === 'tag') await redis.client.sadd('laravel_horizon:monitoring', 'tag');
      if (key !== JOB) await redis.client.set(`laravel_horizon:${key}`, 'another program');
      const queue = await openQueue(t, redis.port, {
        TGOOK_HORIZON: 'always',
        REDIS_USERNAME: 'tgook',
        REDIS_PASSWORD: 'p',
        ...values,
      });
      t.equal(await queue.add(1), Outcome.WithoutHorizon);
      t.equal(queue.withoutHorizon, 1);
      t.same(await Promise.all([2, 3].map(id => queue.add(id))), [
        Outcome.WithoutHorizon,
        Outcome.WithoutHorizon,
      ]);
      t.equal(queue.withoutHorizon, 3);
      t.equal(await queue.add(1), Outcome.Duplicate);
      t.same([await redis.client.llen(queue.keys.list), await redis.client.llen(queue.keys.notify)], [3, 3]);
      if (key !== JOB)
        t.equal(await redis.client.get(`laravel_horizon:${key}`), 'another program', 'left alone');
      t.same(queue.said, [undefined], 'Redis itself is fine');
    });
  }
  for (const key of ['laravel_horizon:masters', 'laravel_database_tgook:horizon-seen']) {
    t.test(`auto: ${key} is of another type: Horizon counts as away`, async t => {
      const redis = await redisFor(t);
      await redis.client.lpush(key, 'x');
      const queue = await openQueue(t, redis.port, { TGOOK_HORIZON: 'auto' });
      t.equal(await queue.add(1), Outcome.Enqueued);
      t.equal(await redis.client.exists(queue.keys.recentJobs), 0);
      t.equal(await redis.client.llen(queue.keys.list), 1);
    });
  }
  t.end();
});

t.test('SCRIPT FLUSH under load: no failure, no duplicate, and the order stays', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  let flushing = true;
  let flushes = 0;
  const flusher = (async () => {
    while (flushing) {
      await redis.client.script('FLUSH');
      flushes++;
    }
  })();
  const lane = async (lane: number) => {
    const outcomes: unknown[] = [];
    for (let i = 0; i < 150; i++) outcomes.push(await queue.tryAdd(lane * 1000 + i));
    return outcomes;
  };
  const outcomes = (await Promise.all(Array.from({ length: 10 }, (_, i) => lane(i)))).flat();
  flushing = false;
  await flusher;
  t.ok(flushes > 50, `${flushes} flushes`);
  t.same(new Set(outcomes), new Set([Outcome.Enqueued]));
  t.equal(await redis.client.llen(queue.keys.list), 1500);
  t.same(queue.said, [undefined]);
});

t.test('on a replica the client looks for the primary without haste, and says why', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  await redis.client.replicaof('127.0.0.1', 1);
  t.equal(await queue.tryAdd(1), undefined);
  const count = async () =>
    Number(/total_connections_received:(\d+)/.exec(await redis.client.info('stats'))?.[1]);
  const before = await count();
  const begin = performance.now();
  await until(async () => (await count()) >= before + 4);
  t.ok(performance.now() - begin > 150, 'at least 50 ms between two connections');
  t.match(queue.said.slice(1).join('\n'), /READONLY/);
  t.notMatch(queue.said.join('\n'), /lost/, 'a close of its own is no news');
});

t.test('what only the script meets', { jobs: 3 }, t => {
  for (const fault of FAULTS.filter(({ name }) => /rpush|evalsha|type/.test(name))) {
    t.test(`${fault.name}: not ready, until it is mended`, async t => {
      const [redis, queue] = await start(t, fault);
      t.equal(await queue.add(1), Outcome.Enqueued);
      await fault.put(redis);
      t.equal(await queue.tryAdd(2), undefined);
      await queue.until(fault.told);
      // Redis is asked once a second.
      await t.rejects(queue.until(undefined, 1400), 'a plain write would be taken');
      await fault.mend(redis);
      await queue.until(undefined, 3000);
      t.pass('without an update that comes');
    });
  }
  t.end();
});

t.test('a user without the right to expire is not ready: ids would be remembered for ever', async t => {
  const redis = await redisFor(t);
  await redis.client.acl('SETUSER', 'tgook', 'on', '>p', '~*', '+@all', '-expire');
  const queue = await openQueue(t, redis.port, { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' });
  t.match(queue.said.at(-1), / — check the ACL rights/);
  await redis.client.acl('SETUSER', 'tgook', '+expire');
  await queue.until(undefined, 3000);
});
