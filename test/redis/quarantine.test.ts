import t, { type Test } from 'tap';
import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { Misfit, NotStored } from '../../lib/errors.js';
import { Outcome } from '../../lib/queue/enqueue.js';
import type { Quarantined } from '../../lib/queue/quarantine.js';
import { parseUpdate } from '../../lib/webhook/update.js';
import { agrees, BYTES, IDS, STREAM } from '../support/quarantine.js';
import { dump, openQueue, redisFor, type TestQueue, type Values } from '../support/queue.js';
import { RedisProxy } from '../support/redis-proxy.js';
import { textUpdate } from '../support/tgook.js';

// Most of these wait for a time to be up. Each private Redis listens for the end of the process.
t.jobs = 3;
process.setMaxListeners(30);

const MiB = 1024 * 1024;

async function start(t: Test, values: Values = {}): Promise<[PrivateRedis, TestQueue]> {
  const redis = await redisFor(t);
  return [redis, await openQueue(t, redis.port, values)];
}

/** An update that no job can hold. */
const misfit = (id: number, padding = 0): string =>
  `{"update_id":${id},"message":{"text":"${'x'.repeat(padding)}"}}`;

function keep({ queue }: TestQueue, body: string, bot = 'main', reason = 'a reason'): Promise<Quarantined> {
  return queue.quarantine.keep(bot, parseUpdate(Buffer.from(body)), reason);
}

/** The stream's entries, as objects. */
async function entries({ client }: PrivateRedis): Promise<Array<Record<string, string>>> {
  return (await client.xrange(STREAM, '-', '+')).map(([id, fields]) => {
    const entry: Record<string, string> = { id };
    for (let i = 0; i < fields.length; i += 2) entry[fields[i]!] = fields[i + 1]!;
    return entry;
  });
}

t.test('an update is kept once, with all that is needed to play it back', async t => {
  const [redis, queue] = await start(t);
  const body = ' {"update_id":5, "message":{"text":"Привет \\u0000 \u{1f600}"}}\n';
  const before = Date.now();
  t.same(await keep(queue, body, 'my.bot', 'Message.date: expected date, got null'), {
    added: true,
    lost: [],
  });
  const [entry, ...rest] = await entries(redis);
  t.same(rest, []);
  t.same(Object.keys(entry!), ['id', 'bot', 'update_id', 'time', 'reason', 'body']);
  t.match(entry, { bot: 'my.bot', update_id: '5', reason: 'Message.date: expected date, got null', body });
  t.ok(Number(entry!.time) >= before && Number(entry!.time) <= Date.now(), 'in milliseconds');
  for (let i = 0; i < 3; i++) t.same(await keep(queue, body, 'my.bot'), { added: false, lost: [] });
  t.equal(await redis.client.xlen(STREAM), 1);
  await agrees(t, redis);
  t.same(Object.keys(await dump(redis.client)), [STREAM, BYTES, IDS].sort(), 'and nothing else');
});

t.test('two bots, two updates, the largest id', async t => {
  const [redis, queue] = await start(t);
  const largest = Number.MAX_SAFE_INTEGER;
  for (const [bot, id] of [
    ['a', 1],
    ['b', 1],
    ['a', 2],
    ['a:1', 2],
    ['a', largest],
  ] as const) {
    t.match(await keep(queue, misfit(id), bot), { added: true }, `${bot} ${id}`);
    t.match(await keep(queue, misfit(id), bot), { added: false });
  }
  t.equal((await entries(redis)).at(-1)?.update_id, '9007199254740991');
  await agrees(t, redis);
});

t.test('the same misfit on two workers at once is kept once', async t => {
  const [redis, queue] = await start(t);
  const other = await openQueue(t, redis.port);
  for (let id = 0; id < 50; id++) {
    const results = await Promise.all([keep(queue, misfit(id)), keep(other, misfit(id))]);
    t.equal(results.filter(({ added }) => added).length, 1);
  }
  t.equal(await redis.client.xlen(STREAM), 50);
  await agrees(t, redis);
});

t.test('it does not count as a job: one that fits later becomes one', async t => {
  const [redis, queue] = await start(t);
  const body = misfit(7);
  await t.rejects(queue.addBody(body), Misfit);
  await keep(queue, body);
  t.equal(await redis.client.exists(`${queue.keys.seen}main:0`), 0, 'the bit is not set');
  const newer = await openQueue(t, redis.port, { TGOOK_JOB_FORMAT: 'json' });
  t.equal(await newer.addBody(body), Outcome.Enqueued);
  t.equal(await redis.client.llen(queue.keys.list), 1);
  t.equal(await redis.client.xlen(STREAM), 1, 'the entry stays, for whoever looks');
});

t.test('an update that is a job already is not kept', async t => {
  const [redis, queue] = await start(t);
  for (const id of [7, 65_535, 65_536]) {
    t.equal(await queue.add(id), Outcome.Enqueued);
    t.same(await keep(queue, misfit(id)), { added: false, lost: [] });
  }
  t.same(await keep(queue, misfit(7), 'other'), { added: true, lost: [] }, "another bot's is");
  t.same(await keep(queue, misfit(8)), { added: true, lost: [] });
  t.same(
    (await entries(redis)).map(({ bot, update_id }) => `${bot}:${update_id}`),
    ['other:7', 'main:8'],
  );
});

/** Puts an entry there as if it had been kept `hours` ago. */
async function keptBefore({ client }: PrivateRedis, id: number, hours: number): Promise<string> {
  const time = Date.now() - hours * 3_600_000;
  const body = misfit(id);
  const entry = await client.xadd(
    STREAM,
    `${time}-0`,
    'bot',
    'main',
    'update_id',
    id,
    'time',
    time,
    'reason',
    'r',
    'body',
    body,
  );
  await client.hset(IDS, `main:${id}`, entry!);
  await client.incrby(BYTES, body.length);
  return entry!;
}

t.test('an entry of more than 25 hours does not hide a new update with its id', async t => {
  const [redis, queue] = await start(t);
  await keptBefore(redis, 2, 25.1);
  await keptBefore(redis, 1, 24.9);
  t.same(await keep(queue, misfit(1)), { added: false, lost: [] });
  t.same(await keep(queue, misfit(2)), { added: true, lost: [] });
  t.same(await keep(queue, misfit(2)), { added: false, lost: [] });
  const kept = await entries(redis);
  t.same(
    kept.map(({ update_id }) => update_id),
    ['2', '1', '2'],
  );
  t.equal(await redis.client.hget(IDS, 'main:2'), kept[2]!.id, 'the mark is of the newer one');
  t.equal(Number(await redis.client.get(BYTES)), 3 * misfit(1).length);
});

/** Fills the stream from the server's side, as if the updates had come one by one. */
async function fill({ client }: PrivateRedis, count: number, length: number): Promise<void> {
  const script = `
    for i = 1, tonumber(ARGV[1]) do
      local body = string.rep('x', tonumber(ARGV[2]))
      local id = redis.call('XADD', KEYS[1], '*', 'bot', 'old', 'update_id', i, 'time', 1, 'reason', 'r', 'body', body)
      redis.call('HSET', KEYS[2], 'old:' .. i, id)
    end
    redis.call('SET', KEYS[3], ARGV[1] * ARGV[2])`;
  await client.eval(script, 3, STREAM, IDS, BYTES, count, length);
}

t.test('of more than 10,000 entries the oldest go', async t => {
  const [redis, queue] = await start(t);
  await fill(redis, 9998, 10);
  t.same(await keep(queue, misfit(1)), { added: true, lost: [] });
  t.same(await keep(queue, misfit(2)), { added: true, lost: [] });
  t.same(await keep(queue, misfit(3)), { added: true, lost: ['old:1'] });
  t.same(await keep(queue, misfit(4)), { added: true, lost: ['old:2'] });
  t.equal(await redis.client.xlen(STREAM), 10_000);
  t.equal((await entries(redis))[0]?.update_id, '3');
  await agrees(t, redis);
  t.same(
    await keep(queue, misfit(1), 'old'),
    { added: true, lost: ['old:3'] },
    'what is lost is known no more',
  );
});

t.test('of more than 64 MiB the oldest go, as many as must', async t => {
  const [redis, queue] = await start(t);
  await fill(redis, 63, MiB);
  const large = (id: number, length: number) => misfit(id, length - misfit(id).length);
  t.same(await keep(queue, large(1, MiB)), { added: true, lost: [] }, '64 MiB to the byte');
  t.same(await keep(queue, misfit(2)), { added: true, lost: ['old:1'] });
  t.same(await keep(queue, large(3, MiB)), { added: true, lost: ['old:2'] });
  t.same(await keep(queue, large(4, 4 * MiB)), {
    added: true,
    lost: ['old:3', 'old:4', 'old:5', 'old:6'],
  });
  await agrees(t, redis);
  t.ok(Number(await redis.client.get(BYTES)) <= 64 * MiB);
});

t.test('a mark of a newer entry outlives the older one of the same update', async t => {
  const [redis, queue] = await start(t);
  await keptBefore(redis, 1, 30);
  await fill(redis, 9999, 10);
  await redis.client.incrby(BYTES, misfit(1).length);
  t.same(await keep(queue, misfit(1)), { added: true, lost: ['main:1'] });
  t.same(await keep(queue, misfit(1)), { added: false, lost: [] }, 'still marked');
  await agrees(t, redis);
});

t.test('a stream that somebody has emptied is counted anew', async t => {
  const [redis, queue] = await start(t);
  await fill(redis, 63, MiB);
  await redis.client.del(STREAM);
  t.same(await keep(queue, misfit(1)), { added: true, lost: [] });
  t.same(await keep(queue, misfit(2, MiB)), { added: true, lost: [] }, 'what is gone takes no room');
  t.same(await keep(queue, misfit(3, MiB)), { added: true, lost: [] });
  t.equal(await redis.client.xlen(STREAM), 3);
  t.same(
    await keep(queue, misfit(1), 'old'),
    { added: true, lost: [] },
    'and what is gone is not there already',
  );
});

t.test('what Redis refuses is not stored, and nothing is half-written', { jobs: 3 }, t => {
  for (const [name, put, mend] of [
    [
      'OOM',
      ({ client }: PrivateRedis) => client.config('SET', 'maxmemory', '1mb'),
      ({ client }: PrivateRedis) => client.config('SET', 'maxmemory', '0'),
    ],
    [
      'READONLY',
      ({ client }: PrivateRedis) => client.replicaof('127.0.0.1', 1),
      ({ client }: PrivateRedis) => client.replicaof('NO', 'ONE'),
    ],
    [
      'no right to XADD',
      ({ client }: PrivateRedis) => client.acl('SETUSER', 'tgook', '-xadd'),
      ({ client }: PrivateRedis) => client.acl('SETUSER', 'tgook', '+xadd'),
    ],
    [
      'no right to HSET',
      ({ client }: PrivateRedis) => client.acl('SETUSER', 'tgook', '-hset'),
      ({ client }: PrivateRedis) => client.acl('SETUSER', 'tgook', '+hset'),
    ],
    ...[STREAM, IDS, BYTES, 'laravel_database_tgook:seen:main:0'].map(
      key =>
        [
          `${key} is of another type`,
          async ({ client }: PrivateRedis) => {
            if (await client.exists(key)) await client.rename(key, 'aside');
            await client.lpush(key, 'x');
          },
          async ({ client }: PrivateRedis) => {
            await client.del(key);
            if (await client.exists('aside')) await client.rename('aside', key);
          },
        ] as const,
    ),
  ] as const) {
    t.test(name, async t => {
      const redis = await redisFor(t);
      await redis.client.acl('SETUSER', 'tgook', 'on', '>p', '~*', '+@all');
      const queue = await openQueue(t, redis.port, { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' });
      await keep(queue, misfit(1));
      await put(redis);
      const before = await dump(redis.client);
      await t.rejects(keep(queue, misfit(2)), NotStored);
      t.same(await dump(redis.client), before, 'Redis is as it was');
      await mend(redis);
      // On a replica the client has gone to look for the primary.
      while (!queue.usable) await new Promise(resolve => setTimeout(resolve, 20));
      t.same(await keep(queue, misfit(2)), { added: true, lost: [] });
      t.same(await keep(queue, misfit(1)), { added: false, lost: [] });
      await agrees(t, redis);
    });
  }
  t.end();
});

t.test('a refusal does not carry the body', async t => {
  const [redis, queue] = await start(t);
  await redis.client.set(STREAM, 'x');
  try {
    await keep(queue, '{"update_id":1,"text":"hidden"}', 'main', 'hidden reason');
    t.fail('not refused');
  } catch (error) {
    t.notMatch(String((error as Error).stack), /hidden/);
    t.notMatch(queue.said.join(), /hidden/);
  }
});

t.test('without Redis it is refused at once, and what hangs in time', async t => {
  const redis = await redisFor(t);
  const proxy = await new RedisProxy(redis.port).listen();
  t.teardown(() => proxy.close());
  const queue = await openQueue(t, proxy.port);
  await keep(queue, misfit(1));
  proxy.manner = 'silent';
  const begin = performance.now();
  const hanging = Array.from({ length: 20 }, (_, i) =>
    keep(queue, misfit(10 + i, 2 * MiB)).catch(error => error),
  );
  const sent = performance.now();
  // 32 MiB may be on their way: the others are told at once.
  t.type(await hanging[16], NotStored);
  t.ok(performance.now() - sent < 500);
  for (const error of await Promise.all(hanging)) if (!(error instanceof NotStored)) t.fail(String(error));
  t.ok(performance.now() - begin < 3500, `${performance.now() - begin} ms`);
  await t.rejects(keep(queue, misfit(1000)), NotStored);
  proxy.manner = 'forward';
  proxy.cut();
  await queue.until(undefined, 3000);
  t.match(await keep(queue, misfit(10)), { added: true });
  await agrees(t, redis);
});

t.test(
  '4096 small ones may be on their way; the next is refused, and there is room again behind them',
  async t => {
    const [redis, queue] = await start(t);
    await keep(queue, misfit(0));
    const waiting = Array.from({ length: 4096 }, (_, i) => keep(queue, misfit(1 + i)));
    await t.rejects(keep(queue, misfit(5000)), {
      name: 'NotStored',
      message: 'too many updates are on their way into quarantine',
    });
    t.ok((await Promise.all(waiting)).every(({ added }) => added));
    t.match(await keep(queue, misfit(5000)), { added: true });
    t.equal(await redis.client.xlen(STREAM), 4098);
  },
);

t.test('SCRIPT FLUSH does no harm', async t => {
  const [redis, queue] = await start(t);
  for (let id = 0; id < 20; id++) {
    await redis.client.script('FLUSH');
    t.match(await keep(queue, misfit(id)), { added: true });
  }
  t.equal(await redis.client.xlen(STREAM), 20);
});

t.test('a reason and a body with anything in them are kept as they are', async t => {
  const [redis, queue] = await start(t);
  const bodies = [
    `{"update_id":1,"text":"NOSCRIPT ${'\\"'.repeat(10)}"}`,
    textUpdate(2, '\r\n$5\r\nhello\r\n*0\r\n'),
    misfit(3, 900_000),
  ];
  for (const body of bodies)
    t.match(await keep(queue, body, 'b', 'NOSCRIPT \r\n \u{1f600}'), { added: true });
  const kept = await entries(redis);
  t.same(
    kept.map(({ body }) => body),
    bodies,
  );
  t.same(new Set(kept.map(({ reason }) => reason)), new Set(['NOSCRIPT \r\n \u{1f600}']));
});
