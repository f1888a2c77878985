import t, { type Test } from 'tap';
import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { readJob } from '../../lib/laravel/consumer.js';
import { Outcome } from '../../lib/queue/enqueue.js';
import { keep, openStore, replayAll } from '../support/quarantine.js';
import { dump, idsOnList, openQueue, redisFor, type TestQueue, type Values } from '../support/queue.js';
import { textUpdate } from '../support/tgook.js';

t.jobs = 3;
process.setMaxListeners(30);

const { Enqueued, Duplicate } = Outcome;

async function start(t: Test, values: Values): Promise<[PrivateRedis, TestQueue]> {
  const redis = await redisFor(t);
  return [redis, await openQueue(t, redis.port, { TGOOK_JOB_FORMAT: 'json', ...values })];
}

const urgent = (id: number, kind = 'callback_query'): string => `{"update_id":${id},"${kind}":{"id":"1"}}`;

t.test(
  'a full queue takes no new update, knows those that it has, and leaves no trace of the others',
  async t => {
    const [redis, queue] = await start(t, { TGOOK_QUEUE_MAX: 3, TGOOK_HORIZON: 'always' });
    for (const id of [1, 2, 3]) t.equal(await queue.add(id), Enqueued);
    // Times to live go on meanwhile.
    const values = async () =>
      Object.entries(await dump(redis.client)).map(([key, { value }]) => [key, value] as const);
    const before = await values();
    t.equal(await queue.add(4), undefined);
    t.equal(await queue.add(70_000), undefined, 'of another bitmap, too');
    t.same(await values(), before, 'Redis is as it was');
    t.equal(queue.full, 2);
    t.equal(await queue.add(2), Duplicate);
    t.same(queue.said, [undefined], 'Redis itself is fine');
    t.equal(await redis.client.getbit(`${queue.keys.seen}main:0`, 4), 0);

    await redis.client.lpop(queue.keys.list);
    t.equal(await queue.add(4), Enqueued, 'with room again it is taken, and no duplicate');
    t.equal(await queue.add(70_000), undefined);
    t.same(await redis.client.llen(queue.keys.list), 3);
  },
);

t.test('the mark holds within one call, and for two workers together', async t => {
  const [redis, queue] = await start(t, { TGOOK_QUEUE_MAX: 10 });
  const other = await openQueue(t, redis.port, { TGOOK_QUEUE_MAX: 10 });
  const ids = Array.from({ length: 50 }, (_, id) => id);
  const outcomes = await Promise.all([queue, other].flatMap(each => ids.map(id => each.add(id))));
  t.equal(outcomes.filter(outcome => outcome === Enqueued).length, 10);
  t.equal(await redis.client.llen(queue.keys.list), 10);
  t.equal(await redis.client.bitcount(`${queue.keys.seen}main:0`), 10);
  t.equal(queue.full + other.full + outcomes.filter(outcome => outcome !== undefined).length, 100);
});

t.test('what Telegram would soon drop passes until there are a quarter more', async t => {
  const [redis, queue] = await start(t, { TGOOK_QUEUE_MAX: 8 });
  for (let id = 0; id < 8; id++) await queue.add(id);
  const mixed = [textUpdate(10), urgent(11), textUpdate(12), urgent(13, 'inline_query'), urgent(14)];
  const outcomes = await Promise.all(mixed.map(body => queue.addBody(body)));
  t.same(outcomes, [undefined, Enqueued, undefined, Enqueued, undefined]);
  t.equal(await queue.addBody(urgent(15, 'pre_checkout_query')), undefined);
  t.equal(await queue.addBody(urgent(11)), Duplicate);
  const bodies = (await redis.client.lrange(queue.keys.list, 8, -1)).map(job => readJob(job).command);
  t.match(bodies, [/"update_id":11,/, /"update_id":13,/]);
});

t.test('a queue that is full and Redis that refuses are two things', async t => {
  const [redis, queue] = await start(t, { TGOOK_QUEUE_MAX: 1 });
  await queue.add(1);
  await redis.client.config('SET', 'maxmemory', '1mb');
  t.equal(await queue.add(2), undefined);
  t.same(queue.said, [undefined], 'nothing was written');
  t.equal(await queue.add(1), undefined, 'a duplicate writes');
  await queue.until(/OOM/);
  await redis.client.config('SET', 'maxmemory', '0');
  await queue.until(undefined);
  t.equal(await queue.add(1), Duplicate);
});

t.test('without the setting, and with the queue of another length, nothing is refused', async t => {
  const [redis, queue] = await start(t, {});
  await redis.client.rpush(queue.keys.list, ...Array(1000).fill('x'));
  t.equal(await queue.add(1), Enqueued);
  const limited = await openQueue(t, redis.port, { TGOOK_QUEUE_MAX: 1002 });
  t.same(await Promise.all([2, 3].map(id => limited.add(id))), [Enqueued, undefined]);
});

t.test('a replay does not ask for room: what it refused would be sent by nobody', async t => {
  const [redis, queue] = await start(t, { TGOOK_QUEUE_MAX: 1 });
  await queue.add(1);
  await keep(queue, [textUpdate(5), textUpdate(6)]);
  const store = await openStore(t, redis.port, { TGOOK_QUEUE_MAX: 1 });
  t.match((await replayAll(store)).replay, { delivered: 2, left: [] });
  t.same(await idsOnList(redis.client, queue.keys.list).then(ids => ids.length), 3);
});
