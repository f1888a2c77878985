import t, { type Test } from 'tap';
import { findServer, type PrivateRedis, type Version } from '../../lib/demo/private-redis.js';
import { NotStored, SettingError } from '../../lib/errors.js';
import { preflight } from '../../lib/primary/preflight.js';
import { Outcome } from '../../lib/queue/enqueue.js';
import { parseUpdate } from '../../lib/webhook/update.js';
import { agrees, STREAM } from '../support/quarantine.js';
import { idsOnList, openQueue, redisFor, settingsOf, signalled, type TestQueue } from '../support/queue.js';
import { RedisProxy } from '../support/redis-proxy.js';

// Most of these wait for a time to be up. Each private Redis listens for the end of the process.
t.jobs = 3;
process.setMaxListeners(40);

const { Enqueued, Duplicate } = Outcome;

/** The first that knows WAITAOF, and whose WAIT looks at the writes of its own connection alone. */
const WITH_WAITAOF: Version = [7, 2];
const needsWaitaof =
  findServer(WITH_WAITAOF) === undefined && 'no redis-server from 7.2 on and no valkey-server is in PATH';

const REPLICAS = /: its writes do not get to 1 replica in time, .* — are they running and linked\? see INFO/;

async function untilLinked({ client }: PrivateRedis, replicas: number): Promise<void> {
  const online = async () => (await client.info('replication')).match(/^slave\d+:.*state=online/gm)?.length;
  while ((await online()) !== replicas) await new Promise(resolve => setTimeout(resolve, 20));
}

/** A primary and a replica that has all of it. */
async function pair(t: Test, minimum?: Version): Promise<[primary: PrivateRedis, replica: PrivateRedis]> {
  const primary = await redisFor(t, ['--repl-diskless-sync-delay', '0'], minimum);
  const replica = await redisFor(t, ['--replicaof', '127.0.0.1', String(primary.port)], minimum);
  await untilLinked(primary, 1);
  return [primary, replica];
}

async function isOneJobEach(
  t: Test,
  { client }: PrivateRedis,
  queue: TestQueue,
  ids: number[],
): Promise<void> {
  t.same((await idsOnList(client, queue.keys.list)).sort(), ids, 'each update is one job');
}

for (const [name, minimum] of [
  ['the first server in PATH', undefined],
  ['one whose WAIT looks at its own writes', WITH_WAITAOF],
] as const) {
  const skip = minimum === undefined ? false : needsWaitaof;
  t.test(`replicas:1, ${name}`, { skip, jobs: 3 }, t => {
    t.test('a replica stands still: 503, not ready; then the retry is 200, and one job', async t => {
      const [primary, replica] = await pair(t, minimum);
      const queue = await openQueue(t, primary.port, { TGOOK_ACK: 'replicas:1' });
      t.same(queue.said, [undefined]);
      t.equal(await queue.add(1), Enqueued);
      await signalled(replica, 'SIGSTOP');
      const begin = performance.now();
      t.equal(await queue.tryAdd(2), undefined);
      t.equal(await queue.tryAdd(3), undefined);
      t.ok(performance.now() - begin < 2 * 3500);
      await queue.until(REPLICAS);
      t.equal(await primary.client.llen(queue.keys.list), 3, 'they are in the queue, and nobody was told');
      await signalled(replica, 'SIGCONT');
      t.ok((await queue.until(undefined)) <= 3000, 'ready by itself');
      t.equal(await queue.add(2), Duplicate);
      t.equal(await queue.add(3), Duplicate);
      await isOneJobEach(t, primary, queue, [1, 2, 3]);
      await isOneJobEach(t, replica, queue, [1, 2, 3]);
    });

    t.test('an update that is sent again is not confirmed before its job is', async t => {
      const [primary, replica] = await pair(t, minimum);
      const first = await openQueue(t, primary.port, { TGOOK_ACK: 'replicas:1' });
      // Its own connection has written nothing but the probe, which the replica has.
      const second = await openQueue(t, primary.port, { TGOOK_ACK: 'replicas:1' });
      await signalled(replica, 'SIGSTOP');
      t.equal(await first.tryAdd(1), undefined);
      t.equal(await second.tryAdd(1), undefined, 'a duplicate, and unconfirmed');
      await signalled(replica, 'SIGCONT');
      await second.until(undefined);
      t.equal(await second.add(1), Duplicate);
      await isOneJobEach(t, replica, second, [1]);
    });

    t.test('nor is a misfit that is kept already, or a job that becomes a misfit', async t => {
      const [primary, replica] = await pair(t, minimum);
      const first = await openQueue(t, primary.port, { TGOOK_ACK: 'replicas:1' });
      const second = await openQueue(t, primary.port, { TGOOK_ACK: 'replicas:1' });
      const keep = ({ queue }: TestQueue, id: number) =>
        queue.quarantine.keep('main', parseUpdate(Buffer.from(`{"update_id":${id}}`)), 'a reason');
      await signalled(replica, 'SIGSTOP');
      t.equal(await first.tryAdd(9), undefined);
      await t.rejects(keep(first, 1), NotStored);
      await first.until(REPLICAS);
      await t.rejects(keep(second, 1), NotStored);
      await t.rejects(keep(second, 9), NotStored);
      await signalled(replica, 'SIGCONT');
      await second.until(undefined);
      t.same(await keep(second, 1), { added: false, lost: [] });
      t.same(await keep(second, 9), { added: false, lost: [] });
      t.equal(await replica.client.xlen(STREAM), 1);
      await agrees(t, replica);
    });
    t.end();
  });
}

t.test('a replica takes over: what was not confirmed becomes a job there, what was is known', async t => {
  const primary = await redisFor(t, ['--repl-diskless-sync-delay', '0']);
  const proxy = await new RedisProxy(primary.port).listen();
  t.teardown(() => proxy.close());
  const replica = await redisFor(t, ['--replicaof', '127.0.0.1', String(proxy.port)]);
  await untilLinked(primary, 1);
  const queue = await openQueue(t, primary.port, { TGOOK_ACK: 'replicas:1' });
  t.equal(await queue.add(1), Enqueued);
  proxy.deaf = true;
  t.equal(await queue.tryAdd(2), undefined);
  t.same(await idsOnList(primary.client, queue.keys.list), [1, 2]);
  await primary.kill();
  await replica.client.replicaof('NO', 'ONE');
  const after = await openQueue(t, replica.port);
  t.equal(await after.add(1), Duplicate, 'what was answered 200 is there');
  t.equal(await after.add(2), Enqueued, 'what was not has neither bit nor job');
  await isOneJobEach(t, replica, after, [1, 2]);
});

t.test('no replica at all: known before the start, and healed when one comes', async t => {
  const redis = await redisFor(t, ['--repl-diskless-sync-delay', '0']);
  const values = { REDIS_PORT: redis.port, TGOOK_ACK: 'replicas:1' };
  const { problem } = await preflight(settingsOf(values));
  t.match(problem, REPLICAS);
  const queue = await openQueue(t, redis.port, values);
  t.same(queue.said, [problem], 'the worker says the same, and nothing before');
  t.equal(await queue.tryAdd(1), undefined);
  await redisFor(t, ['--replicaof', '127.0.0.1', String(redis.port)]);
  await untilLinked(redis, 1);
  t.ok((await queue.until(undefined)) <= 3000);
  t.equal(await queue.add(1), Duplicate);
  t.equal((await preflight(settingsOf(values))).problem, undefined);
  t.match((await preflight(settingsOf({ ...values, TGOOK_ACK: 'replicas:2' }))).problem, /to 2 replicas/);
});

t.test('a server that forgets the script is asked again, and its answer confirmed', async t => {
  const [primary, replica] = await pair(t);
  const queue = await openQueue(t, primary.port, { TGOOK_ACK: 'replicas:1' });
  await primary.client.script('FLUSH');
  t.equal(await queue.add(1), Enqueued);
  await signalled(replica, 'SIGSTOP');
  await primary.client.script('FLUSH');
  t.equal(await queue.tryAdd(2), undefined);
  await signalled(replica, 'SIGCONT');
  await queue.until(undefined);
  t.equal(await queue.add(2), Duplicate);
  await isOneJobEach(t, replica, queue, [1, 2]);
});

t.test('many at once: a flood of misfits does not keep updates from being confirmed', async t => {
  const [primary, replica] = await pair(t);
  const queue = await openQueue(t, primary.port, { TGOOK_ACK: 'replicas:1' });
  const ids = Array.from({ length: 300 }, (_, id) => id);
  const [outcomes, kept] = await Promise.all([
    Promise.all(ids.map(id => queue.add(id))),
    Promise.all(
      ids.map(id => {
        const misfit = parseUpdate(Buffer.from(`{"update_id":${1000 + id}}`));
        return queue.queue.quarantine.keep('main', misfit, 'a reason');
      }),
    ),
  ]);
  t.same(new Set(outcomes), new Set([Enqueued]));
  t.ok(kept.every(({ added }) => added));
  t.equal(await replica.client.llen(queue.keys.list), 300);
  t.equal(await replica.client.xlen(STREAM), 300);
});

t.test('all that waits for a confirmation shares the next one', { skip: needsWaitaof }, async t => {
  const redis = await redisFor(t, ['--appendonly', 'yes', '--appendfsync', 'everysec'], WITH_WAITAOF);
  const queue = await openQueue(t, redis.port, { TGOOK_ACK: 'aof' });
  const ids = Array.from({ length: 3000 }, (_, id) => id);
  // A confirmation takes up to a second, and the answers may take three: 24 calls one by one could not.
  const begin = performance.now();
  t.same(new Set(await Promise.all(ids.map(id => queue.add(id)))), new Set([Enqueued]));
  t.ok(performance.now() - begin < 3000);
  t.equal(await redis.client.llen(queue.keys.list), 3000);
  const { length } = (await redis.client.info('commandstats')).match(/^cmdstat_waitaof:calls=[1-4],/m) ?? [];
  t.equal(length, 1, 'of the probe, of the calls, and no more');
});

t.test('an answer to WAIT that is none is no confirmation', async t => {
  const redis = await redisFor(t);
  const proxy = await new RedisProxy(redis.port).listen();
  t.teardown(() => proxy.close());
  const queue = await openQueue(t, proxy.port, { TGOOK_ACK: 'redis' });
  t.equal(await queue.add(1), Enqueued);
  const strict = await openQueue(t, proxy.port, { TGOOK_ACK: 'replicas:1' });
  proxy.manner = sent => (sent.includes('WAIT') ? '*1\r\n:1\r\n+OK\r\n' : 'forward');
  t.equal(await strict.tryAdd(2), undefined);
});

t.test('aof', { skip: needsWaitaof, jobs: 3 }, t => {
  const AOF = ['--appendonly', 'yes', '--appendfsync'];

  t.test('what was answered 200 survives a crash right behind it, with everysec', async t => {
    const redis = await redisFor(t, [...AOF, 'everysec'], WITH_WAITAOF);
    const queue = await openQueue(t, redis.port, { TGOOK_ACK: 'aof' });
    t.same(queue.said, [undefined]);
    const begin = performance.now();
    t.same(await Promise.all([1, 2].map(id => queue.add(id))), [Enqueued, Enqueued]);
    t.ok(performance.now() - begin < 3500);
    await redis.kill();
    await redis.restart();
    await isOneJobEach(t, redis, queue, [1, 2]);
    await queue.until(undefined);
    t.equal(await queue.add(1), Duplicate);
  });

  t.test('what does not get to the disk is 503; when it does, the retry is 200', async t => {
    const redis = await redisFor(t, [...AOF, 'everysec'], WITH_WAITAOF);
    const queue = await openQueue(t, redis.port, { TGOOK_ACK: 'aof' });
    await redis.client.config('SET', 'appendfsync', 'no');
    t.equal(await queue.tryAdd(1), undefined);
    await queue.until(/: its writes do not get to the disk in time, .* — is it slow, or full\?/);
    await redis.client.config('SET', 'appendfsync', 'always');
    t.ok((await queue.until(undefined)) <= 3000);
    t.equal(await queue.add(1), Duplicate);
    await isOneJobEach(t, redis, queue, [1]);
  });

  t.test('without appendonly: the mend is named, before the start and later', async t => {
    const redis = await redisFor(t, [], WITH_WAITAOF);
    const values = { REDIS_PORT: redis.port, TGOOK_ACK: 'aof' };
    const { problem, warnings } = await preflight(settingsOf(values));
    t.match(problem, /: it writes no append-only file, .* — set appendonly yes in redis\.conf$/);
    t.same(warnings, []);
    const queue = await openQueue(t, redis.port, values);
    t.same(queue.said, [problem]);
    t.equal(await queue.tryAdd(1), undefined);
    await redis.client.config('SET', 'appendonly', 'yes');
    await queue.until(undefined, 4000);
    t.equal(await queue.add(1), Duplicate);
    t.equal((await preflight(settingsOf(values))).problem, undefined);
  });
  t.end();
});

t.test('aof with a server that is too old: no start, and 503 where it is found later', async t => {
  const redis = await redisFor(t);
  const [, version = ''] = /^redis_version:(\S+)/m.exec(await redis.client.info('server')) ?? [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major * 100 + minor >= 702) {
    t.pass(`the first server in PATH is ${version}, which knows WAITAOF`);
    return;
  }
  const values = { REDIS_PORT: redis.port, TGOOK_ACK: 'aof' };
  await t.rejects(preflight(settingsOf(values)), SettingError);
  await t.rejects(preflight(settingsOf(values)), {
    message: `TGOOK_ACK is aof, which Redis ${version} at 127.0.0.1:${redis.port} cannot confirm: take Redis 7.2 or newer, Valkey, or another TGOOK_ACK; for example TGOOK_ACK=redis`,
  });
  const queue = await openQueue(t, redis.port, values);
  t.match(queue.said, [/WAITAOF.* — TGOOK_ACK=aof needs Redis 7\.2 or newer, or Valkey$/]);
  t.equal(await queue.tryAdd(1), undefined);
});
