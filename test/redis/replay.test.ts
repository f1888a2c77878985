import t, { type Test } from 'tap';
import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { readJob } from '../../lib/laravel/consumer.js';
import { Outcome } from '../../lib/queue/enqueue.js';
import type { QuarantineStore } from '../../lib/queue/quarantine-store.js';
import { Replay } from '../../lib/queue/replay.js';
import { agrees, BYTES, IDS, keep, listed, openStore, replayAll, STREAM } from '../support/quarantine.js';
import { dump, idsOnList, openQueue, redisFor, type TestQueue, type Values } from '../support/queue.js';
import { RedisProxy } from '../support/redis-proxy.js';
import { textUpdate } from '../support/tgook.js';

t.jobs = 3;
process.setMaxListeners(30);

const LIST = 'laravel_database_queues:telegram_updates';

/** A Redis, a worker's queue that keeps updates in it, and the quarantine. */
async function start(t: Test, values: Values = {}): Promise<[PrivateRedis, TestQueue, QuarantineStore]> {
  const redis = await redisFor(t);
  return [redis, await openQueue(t, redis.port, values), await openStore(t, redis.port, values)];
}

const updates = (count: number): string[] => Array.from({ length: count }, (_, id) => textUpdate(id));

/** The quarantine is empty to the last byte, and each of the updates is one job. */
async function isDelivered(t: Test, redis: PrivateRedis, count: number): Promise<void> {
  const ids = await idsOnList(redis.client, LIST);
  t.same(
    ids.sort((one, other) => one - other),
    Array.from({ length: count }, (_, id) => id),
    'each update is one job',
  );
  t.equal(await redis.client.llen(`${LIST}:notify`), count);
  t.equal(await redis.client.xlen(STREAM), 0, 'the quarantine is empty');
  await agrees(t, redis);
}

t.test('what fits is delivered, once, as the job that the webhook would have made', async t => {
  const [redis, queue, store] = await start(t, { TGOOK_HORIZON: 'always', TGOOK_TAGS: 'bot:{bot}' });
  await redis.client.sadd('laravel_horizon:monitoring', 'bot:main');
  const body = textUpdate(1, 'Привет \u{1f600}');
  await keep(queue, [body, textUpdate(70_000)]);
  t.match((await replayAll(store)).replay, {
    delivered: 2,
    deliveredAlready: 0,
    withoutHorizon: 0,
    left: [],
  });
  t.same(await idsOnList(redis.client, LIST), [1, 70_000], 'the oldest first');
  t.equal(await redis.client.zcard('laravel_horizon:bot:main'), 2);
  t.equal(await redis.client.getbit(`${store.keys.seen}main:1`, 4464), 1);
  await agrees(t, redis);
  t.match(
    (await replayAll(store)).replay,
    { delivered: 0, deliveredAlready: 0, left: [] },
    'nothing is left',
  );
  t.equal(await queue.addBody(body), Outcome.Duplicate, 'and Telegram cannot double it');

  await redis.client.del(`${store.keys.seen}main:0`);
  t.equal(await queue.addBody(body), Outcome.Enqueued);
  const jobs = await redis.client.lrange(LIST, 0, -1);
  t.equal(readJob(jobs[0]!).command, readJob(jobs[2]!).command);
});

t.test('two replays at once deliver each of 500 updates once', async t => {
  const [redis, queue, store] = await start(t);
  await keep(queue, updates(500));
  const other = await openStore(t, redis.port);
  const [one, two] = (await Promise.all([replayAll(store), replayAll(other)])).map(({ replay }) => replay);
  t.equal(one!.delivered + two!.delivered, 500);
  t.same([one!.left, two!.left], [[], []]);
  await isDelivered(t, redis, 500);
});

t.test('a replay beside workers that go on', async t => {
  const [redis, queue, store] = await start(t);
  await keep(queue, updates(200));
  const ids = Array.from({ length: 300 }, (_, id) => id);
  const [{ replay }, outcomes] = await Promise.all([
    replayAll(store),
    Promise.all(ids.map(id => queue.add(id))),
  ]);
  t.equal(replay.delivered + replay.deliveredAlready, 200);
  t.equal(replay.delivered + outcomes.filter(outcome => outcome === Outcome.Enqueued).length, 300);
  await isDelivered(t, redis, 300);
});

t.test('an update that became a job meanwhile is not made one again', async t => {
  const [redis, queue, store] = await start(t);
  await keep(queue, updates(3));
  await queue.add(1);
  t.match((await replayAll(store)).replay, { delivered: 2, deliveredAlready: 1, left: [] });
  await isDelivered(t, redis, 3);
});

t.test('what still does not fit stays as it is, with the reason of today', async t => {
  const [redis, queue, store] = await start(t);
  const misfit = '{"update_id":5,"message":{"message_id":1,"date":1}}';
  await keep(queue, [misfit, textUpdate(0)]);
  const [before] = await listed(store);
  t.match((await replayAll(store)).replay, {
    delivered: 1,
    left: [{ id: before!.id, bot: 'main', updateId: 5, reason: 'Message.chat is required, and missing' }],
  });
  t.same(await listed(store), [before]);
  await agrees(t, redis);
  t.equal(await redis.client.getbit(`${store.keys.seen}main:0`, 5), 0, 'it is not known as a job');
  const json = await openStore(t, redis.port, { TGOOK_JOB_FORMAT: 'json' });
  t.match((await replayAll(json)).replay, { delivered: 1, left: [] });
  t.equal(await redis.client.xlen(STREAM), 0);
});

t.test('entries that somebody has made or cut by hand stop nothing', async t => {
  const [redis, queue, store] = await start(t);
  const add = (...fields: string[]) => redis.client.xadd(STREAM, '*', ...fields);
  await keep(queue, updates(4));
  await redis.client.xtrim(STREAM, 'MAXLEN', 3);
  await add('x', 'y');
  await add('bot', 'main', 'update_id', '9');
  await add('bot', 'main', 'update_id', '9', 'body', 'not JSON');
  await redis.client.xadd(STREAM, '*', 'bot', 'main', 'body', Buffer.from([0x22, 0xff, 0x22]));
  await add('bot', 'two words', 'body', textUpdate(9));
  await add('bot', 'bot\r\n', 'body', textUpdate(9));
  await add('bot', 'main', 'body', textUpdate(4));
  const { replay } = await replayAll(store);
  t.match(replay, { delivered: 4, deliveredAlready: 0 });
  t.same(
    replay.left.map(({ reason }) => reason),
    [
      'its bot is missing, or no bot id',
      'the body is not JSON',
      'the body is not JSON',
      'the body is not UTF-8',
      'its bot is missing, or no bot id',
      'its bot is missing, or no bot id',
    ],
  );
  t.same(await idsOnList(redis.client, LIST), [1, 2, 3, 4]);
  for (const { id } of replay.left) await store.drop(id);
  t.equal(await redis.client.get(BYTES), '0');
  t.equal(await redis.client.exists(STREAM), 1, 'ids go on from the last one');
});

t.test('an entry that was dropped behind the back of a replay does no harm', async t => {
  const [redis, queue, store] = await start(t);
  await keep(queue, updates(40));
  const replay = new Replay(store);
  const dropping = (async function* () {
    for await (const entry of store.entries()) {
      if (entry.updateId === 7) await store.drop(entry.id);
      yield entry;
    }
  })();
  await replay.run(dropping);
  t.match(replay, { delivered: 40, left: [] });
  await isDelivered(t, redis, 40);
});

t.test('without the right to write them, the jobs are delivered without Horizon', async t => {
  const [redis, queue, store] = await start(t, { TGOOK_HORIZON: 'always' });
  await redis.client.set('laravel_horizon:recent_jobs', 'of another type');
  await keep(queue, updates(2));
  t.match((await replayAll(store)).replay, { delivered: 2, withoutHorizon: 2 });
  await isDelivered(t, redis, 2);
});

t.test('what Redis refuses stays, and is delivered once when that is mended', { jobs: 3 }, t => {
  const user = { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' };
  const right = (command: string) =>
    [
      `no right to ${command}`,
      ({ client }: PrivateRedis) => client.acl('SETUSER', 'tgook', `-${command}`),
      ({ client }: PrivateRedis) => client.acl('SETUSER', 'tgook', `+${command}`),
      /check the ACL rights of tgook's Redis user$/,
    ] as const;
  const ofAnotherType = (key: string) =>
    [
      `${key} is of another type`,
      ({ client }: PrivateRedis) => client.hset(key, 'x', 'y'),
      ({ client }: PrivateRedis) => client.del(key),
      /WRONGTYPE/,
    ] as const;
  for (const [name, put, mend, line] of [
    [
      'OOM',
      ({ client }: PrivateRedis) => client.config('SET', 'maxmemory', '1mb'),
      ({ client }: PrivateRedis) => client.config('SET', 'maxmemory', '0'),
      /Redis has reached maxmemory/,
    ],
    [
      'READONLY',
      ({ client }: PrivateRedis) => client.replicaof('127.0.0.1', 1),
      ({ client }: PrivateRedis) => client.replicaof('NO', 'ONE'),
      /this Redis is a replica/,
    ],
    [
      'NOREPLICAS',
      ({ client }: PrivateRedis) => client.config('SET', 'min-replicas-to-write', 1),
      ({ client }: PrivateRedis) => client.config('SET', 'min-replicas-to-write', 0),
      /Redis waits for replicas/,
    ],
    ...['multi', 'exec', 'eval', 'rpush', 'setbit', 'xrange'].map(right),
    ...[LIST, `${LIST}:notify`, 'laravel_database_tgook:seen:main:0'].map(ofAnotherType),
  ] as const) {
    t.test(name, async t => {
      const redis = await redisFor(t);
      await redis.client.acl('SETUSER', 'tgook', 'on', '>p', '~*', '+@all');
      const queue = await openQueue(t, redis.port);
      await keep(queue, updates(3));
      const store = await openStore(t, redis.port, user);
      await put(redis);
      const before = await dump(redis.client);
      const { replay, error } = await replayAll(store);
      t.match(error, { name: 'StartError', message: line });
      t.match(replay, { delivered: 0, deliveredAlready: 0, left: [] });
      const { [`${store.keys.seen}main:0`]: bitmap, ...after } = await dump(redis.client);
      t.match(before, after, 'Redis is as it was');
      if (!name.includes('seen')) t.match(bitmap?.value ?? '', /^0*$/, 'and no bit is set');
      await mend(redis);
      t.match((await replayAll(await openStore(t, redis.port, user))).replay, { delivered: 3 });
      await isDelivered(t, redis, 3);
    });
  }
  t.end();
});

t.test('an entry that cannot be taken out is delivered once all the same', async t => {
  for (const command of ['xdel', 'getbit']) {
    const redis = await redisFor(t);
    await redis.client.acl('SETUSER', 'tgook', 'on', '>p', '~*', '+@all', `-${command}`);
    await keep(await openQueue(t, redis.port), updates(3));
    const store = await openStore(t, redis.port, { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' });
    for (let i = 0; i < 3; i++) {
      t.match((await replayAll(store)).error?.message, /check the ACL rights/);
      t.same(await idsOnList(redis.client, LIST), [0]);
      t.equal(await redis.client.xlen(STREAM), 3);
    }
    await redis.client.acl('SETUSER', 'tgook', `+${command}`);
    t.match((await replayAll(store)).replay, { delivered: 2, deliveredAlready: 1 });
    await isDelivered(t, redis, 3);
  }
});

t.test('a connection that breaks', async t => {
  const [redis, queue] = await start(t);
  const proxy = await new RedisProxy(redis.port).listen();
  t.teardown(() => proxy.close());
  await keep(queue, updates(10));
  const has = (sent: Buffer, command: string) => sent.includes(`\r\n${command}\r\n`);

  for (const command of ['multi', 'EVAL', 'exec', 'xrange']) {
    t.test(`before ${command}: nothing is done`, async t => {
      const store = await openStore(t, proxy.port);
      proxy.manner = sent => (has(sent, command) ? 'close' : 'forward');
      const { replay, error } = await replayAll(store);
      proxy.manner = 'forward';
      t.match(error, { name: 'StartError', message: /the connection was lost|ECONNRESET/ });
      t.equal(replay.total, 0);
      t.equal(await redis.client.llen(LIST), 0);
      t.equal(await redis.client.xlen(STREAM), 10);
    });
  }

  t.test('behind exec: the update is a job and out of quarantine, and not delivered again', async t => {
    const store = await openStore(t, proxy.port);
    let transactions = 0;
    proxy.manner = sent => {
      if (has(sent, 'exec') && ++transactions === 4) proxy.deaf = true;
      return 'forward';
    };
    const lost = replayAll(store);
    while ((await redis.client.llen(LIST)) < 4);
    proxy.cut();
    const { replay, error } = await lost;
    proxy.manner = 'forward';
    proxy.deaf = false;
    t.match(error, { message: /the connection was lost/ });
    t.equal(replay.delivered, 3, 'what it knows of');
    t.equal(await redis.client.xlen(STREAM), 6);
    t.match((await replayAll(await openStore(t, proxy.port))).replay, { delivered: 6, deliveredAlready: 0 });
    await isDelivered(t, redis, 10);
  });

  t.test('an answer of something else than Redis is not taken for a delivery', async t => {
    await keep(queue, [textUpdate(100)]);
    for (const answer of [
      '+OK\r\n',
      '*2\r\n*1\r\n:7\r\n:1\r\n',
      '*2\r\n*1\r\n:1\r\n:7\r\n',
      '*-1\r\n',
      '*0\r\n',
    ]) {
      const store = await openStore(t, proxy.port);
      proxy.manner = sent =>
        /\r\n(EVAL|eval|exec)\r\n/.test(String(sent)) ? answers(sent, answer) : 'forward';
      const { replay, error } = await replayAll(store);
      proxy.manner = 'forward';
      t.match(error, { name: 'StartError', message: /the answer is not that of a Redis server/ }, answer);
      t.equal(replay.total, 0);
    }
    t.equal(await redis.client.xlen(STREAM), 1);
  });
});

/** An answer to each command that was sent: to EXEC this one. */
function answers(sent: Buffer, exec: string): string {
  const commands = String(sent).match(/\r\n(?:EVAL|eval|exec)\r\n/g) ?? [];
  return commands.map(command => (command.includes('exec') ? exec : '+QUEUED\r\n')).join('');
}

t.test('marks of updates that are kept again afterwards are theirs', async t => {
  const [redis, queue, store] = await start(t);
  await keep(queue, [textUpdate(1), textUpdate(2)]);
  const [one] = await listed(store);
  await store.drop(one!.id);
  await keep(queue, [textUpdate(1)]);
  t.same(Object.keys(await redis.client.hgetall(IDS)).sort(), ['main:1', 'main:2']);
  await agrees(t, redis);
  t.match((await replayAll(store)).replay, { delivered: 2 });
  t.same(await idsOnList(redis.client, LIST), [2, 1]);
});
