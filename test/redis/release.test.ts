import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import type { QuarantineStore } from '../../lib/queue/quarantine-store.js';
import { type Replayed, readReleased, release } from '../../lib/queue/release.js';
import { agrees, BYTES, IDS, keep, listed, openStore, STREAM } from '../support/quarantine.js';
import { dump, openQueue, redisFor, type TestQueue } from '../support/queue.js';
import { textUpdate } from '../support/tgook.js';

t.jobs = 3;
process.setMaxListeners(30);

const SCRIPT = readFileSync(`${PACKAGE_ROOT}lib/queue/release.lua`, 'utf8');

/** The numbered lines of the header's KEYS or ARGV, as [1, 'quarantine']. */
function numbered(section: 'KEYS' | 'ARGV'): Array<[number, string]> {
  const [, text = ''] = new RegExp(`^-- ${section} (.*?)^--\\n`, 'ms').exec(SCRIPT) ?? [];
  return [...text.matchAll(/(\d) {2}(\S+)/g)].map(([, number, name]) => [Number(number), name!]);
}

/** A Redis, a worker's queue that keeps updates in it, and the quarantine. */
async function start(t: Test): Promise<[PrivateRedis, TestQueue, QuarantineStore]> {
  const redis = await redisFor(t);
  return [redis, await openQueue(t, redis.port), await openStore(t, redis.port)];
}

/** As in a replay. */
async function releaseJob({ redis, keys }: QuarantineStore, entry: string, job: Replayed): Promise<boolean> {
  return readReleased(await release(redis, keys, entry, job));
}

t.test("the header's numbers are those of the wrapper's keys and arguments", async t => {
  const [redis, , { redis: client, keys }] = await start(t);
  const monitor = await redis.client.monitor();
  t.teardown(() => monitor.disconnect());
  const calls: string[][] = [];
  const seen = new Promise<void>(resolve => {
    monitor.on('monitor', (_time: string, [name, , count, ...values]: string[]) => {
      if (name?.toLowerCase() !== 'eval') return;
      calls.push(values.slice(0, Number(count)), values.slice(Number(count)));
      if (calls.length === 4) resolve();
    });
  });
  await release(client, keys, '5-1');
  await release(client, keys, '5-1', { bot: 'a:1', updateId: 65_536 * 7 + 3 });
  await seen;
  const byName: Record<string, string> = {
    quarantine: keys.quarantine,
    'quarantine:ids': keys.quarantineIds,
    'quarantine:bytes': keys.quarantineBytes,
    seen: `${keys.seen}a:1:7`,
    entry: '5-1',
    bit: '3',
  };
  const named = (section: 'KEYS' | 'ARGV') =>
    numbered(section).map(([number, name], i) => (number === i + 1 ? byName[name] : `not ${name}`));
  t.same(calls, [
    named('KEYS').slice(0, 3),
    named('ARGV').slice(0, 1),
    named('KEYS').slice(0, 4),
    named('ARGV').slice(0, 2),
  ]);
  t.same([named('KEYS').length, named('ARGV').length], [4, 2]);
});

t.test('the script touches no key that is not in its KEYS', t => {
  const commands = [...SCRIPT.matchAll(/redis\.p?call\(([^)]*)\)/g)];
  t.ok(commands.length > 5);
  for (const [command] of commands) t.match(command, /^redis\.p?call\('[A-Z]+', (stream|ids|bytes|seen)\b/);
  t.match(SCRIPT, /^local stream, ids, bytes, seen = KEYS\[1\], KEYS\[2\], KEYS\[3\], KEYS\[4\]$/m);
  t.end();
});

t.test('a reply that is none of the script is not taken for one', t => {
  t.same([readReleased(0), readReleased(1)], [false, true]);
  for (const reply of ['OK', 'QUEUED', null, undefined, 2, '1', [1], true])
    t.throws(() => readReleased(reply));
  t.end();
});

t.test('an entry that is dropped is gone with its mark and its bytes, and the others stay', async t => {
  const [redis, queue, store] = await start(t);
  await keep(queue, [textUpdate(1, 'Привет'), textUpdate(2), textUpdate(3)]);
  const [first, second, third] = await listed(store);
  t.equal(await store.drop(second!.id), true);
  t.same(await listed(store), [first, third]);
  await agrees(t, redis);
  t.equal(await store.drop(second!.id), false, 'and again it is not there');
  t.equal(await store.drop('5-0'), false);
  await agrees(t, redis);
  t.equal(await store.drop(third!.id), true);
  t.equal(await store.drop(first!.id), true);
  t.equal(await redis.client.get(BYTES), '0');
  t.same(await redis.client.hgetall(IDS), {});
  t.match(await queue.queue.quarantine.keep('main', { id: 2, text: 'x', bytes: 1, value: {} }, 'r'), {
    added: true,
  });
});

t.test('in a replay it goes only when its update is a job', async t => {
  const [redis, queue, store] = await start(t);
  await keep(queue, [textUpdate(65_537)], 'a');
  const [entry] = await listed(store);
  const job = { bot: 'a', updateId: 65_537 };
  const before = await dump(redis.client);
  t.equal(await releaseJob(store, entry!.id, job), false);
  // A bit beside it, the same bit of another bot, and the same in another bitmap.
  for (const [id, bot] of [
    [65_536, 'a'],
    [65_538, 'a'],
    [65_537, 'b'],
    [1, 'a'],
  ] as const)
    await queue.add(id, bot);
  t.equal(await releaseJob(store, entry!.id, job), false);
  t.match(await dump(redis.client), before, 'the quarantine is as it was');
  await queue.add(65_537, 'a');
  t.equal(await releaseJob(store, entry!.id, job), true);
  t.equal(await releaseJob(store, entry!.id, job), false, 'and again it is not there');
  t.equal(await redis.client.xlen(STREAM), 0);
  await agrees(t, redis);
});

t.test('the mark of a newer entry of the same update stays', async t => {
  const [redis, queue, store] = await start(t);
  const body = textUpdate(1);
  const old = await redis.client.xadd(STREAM, '5-0', 'bot', 'main', 'update_id', 1, 'body', body);
  await redis.client.set(BYTES, body.length);
  await keep(queue, [body]);
  const newer = (await listed(store))[1]!;
  t.equal(await store.drop(old!), true);
  t.same(await redis.client.hgetall(IDS), { 'main:1': newer.id });
  await agrees(t, redis);
});

t.test('whatever somebody has made of the index, the entry goes', async t => {
  for (const [name, spoil] of [
    ['no counter', ({ client }: PrivateRedis) => client.del(BYTES)],
    ['a counter that is too low', ({ client }: PrivateRedis) => client.set(BYTES, 3)],
    ['a counter that is too high', ({ client }: PrivateRedis) => client.incrby(BYTES, 1000)],
    ['a counter that is no number', ({ client }: PrivateRedis) => client.set(BYTES, 'many')],
    [
      'a counter of another type',
      async ({ client }: PrivateRedis) => {
        await client.del(BYTES);
        await client.lpush(BYTES, 'x');
      },
    ],
    ['no marks', ({ client }: PrivateRedis) => client.del(IDS)],
    [
      'marks of another type',
      async ({ client }: PrivateRedis) => {
        await client.del(IDS);
        await client.lpush(IDS, 'x');
      },
    ],
  ] as const) {
    const [redis, queue, store] = await start(t);
    await keep(queue, [textUpdate(1), textUpdate(2)]);
    await spoil(redis);
    const [one, other] = await listed(store);
    t.equal(await store.drop(one!.id), true, name);
    t.ok(Number(await redis.client.get(BYTES)) >= 0, 'never below 0');
    t.equal(await store.drop(other!.id), true);
    t.equal(await redis.client.get(BYTES), '0', 'an empty quarantine takes no room');
  }
});

t.test('entries that somebody has added by hand are listed and can be dropped', async t => {
  const [redis, , store] = await start(t);
  await redis.client.xadd(STREAM, '1-0', 'x', 'y');
  await redis.client.xadd(STREAM, '2-0', 'bot', 'b', 'bot', 'main', 'time', '1e3', 'update_id', '-1');
  await redis.client.xadd(STREAM, '3-0', 'time', '9'.repeat(15), 'update_id', '9'.repeat(17), 'body', 'é');
  const none = { time: undefined, bot: '', updateId: undefined, reason: '', body: Buffer.alloc(0) };
  t.same(await listed(store), [
    { ...none, id: '1-0' },
    { ...none, id: '2-0', bot: 'main' },
    { ...none, id: '3-0', time: 999_999_999_999_999, body: Buffer.from('é') },
  ]);
  for (const { id } of await listed(store)) t.equal(await store.drop(id), true);
  t.same(await listed(store), []);
});

t.test('memory that is short does not keep an entry from being dropped', async t => {
  const [redis, queue, store] = await start(t);
  await keep(queue, [textUpdate(1), textUpdate(2)]);
  await redis.client.config('SET', 'maxmemory', '1mb');
  for (const { id } of await listed(store)) t.equal(await store.drop(id), true);
  await agrees(t, redis);
});

t.test('what Redis refuses is said in one line, and nothing is changed', async t => {
  const redis = await redisFor(t);
  await redis.client.acl('SETUSER', 'tgook', 'on', '>p', '~*', '+@all', '-xdel');
  const user = { REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'p' };
  const [queue, store] = [await openQueue(t, redis.port, user), await openStore(t, redis.port, user)];
  await keep(queue, [textUpdate(1)]);
  const [entry] = await listed(store);
  const before = await dump(redis.client);
  const line = { name: 'StartError', message: /^Redis at .* — check the ACL rights of tgook's Redis user$/ };
  await t.rejects(store.drop(entry!.id), line);
  t.same(await dump(redis.client), before);
  await redis.client.acl('SETUSER', 'tgook', '-xrange');
  await t.rejects(listed(store), line);
  await redis.client.del(STREAM);
  await redis.client.set(STREAM, 'x');
  await t.rejects(listed(store), { name: 'StartError', message: /WRONGTYPE/ });
});

t.test('a long quarantine is read to its end as it was at the beginning', async t => {
  const [redis, queue, store] = await start(t);
  const ids = Array.from({ length: 50 }, (_, i) => i);
  await keep(
    queue,
    ids.map(id => textUpdate(id)),
  );
  const read: Array<number | undefined> = [];
  for await (const { updateId, id } of store.entries()) {
    read.push(updateId);
    // Each entry that is read makes room for two.
    await keep(queue, [textUpdate(1000 + 2 * read.length), textUpdate(1001 + 2 * read.length)]);
    if (updateId! % 2 === 0) await store.drop(id);
  }
  t.same(read, ids);
  await agrees(t, redis);
});
