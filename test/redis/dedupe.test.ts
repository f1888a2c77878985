import t from 'tap';
import { Outcome } from '../../lib/queue/enqueue.js';
import { dump, idsOnList, openQueue, redisFor } from '../support/queue.js';

const { Enqueued, Duplicate } = Outcome;
const DAY_AND_HOUR = 90_000;

t.test('an update that comes again is a duplicate, and leaves no trace', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port, { TGOOK_HORIZON: 'always' });
  t.equal(await queue.add(1), Enqueued);
  const before = await dump(redis.client);
  for (let i = 0; i < 3; i++) t.equal(await queue.add(1), Duplicate);
  const after = await dump(redis.client);
  const values = (entries: typeof after) => Object.entries(entries).map(([key, { value }]) => [key, value]);
  t.same(values(after), values(before));
});

t.test('also within one call', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  const outcomes = await Promise.all([1, 2, 1, 2, 1].map(id => queue.add(id)));
  t.same(outcomes, [Enqueued, Enqueued, Duplicate, Duplicate, Duplicate]);
  t.same(await idsOnList(redis.client, queue.keys.list), [1, 2]);
});

t.test('the same updates on two workers at once: one job each', async t => {
  const redis = await redisFor(t);
  const queues = await Promise.all([1, 2].map(() => openQueue(t, redis.port)));
  const ids = Array.from({ length: 400 }, (_, i) => i);
  const [one, other] = await Promise.all(queues.map(queue => Promise.all(ids.map(id => queue.add(id)))));
  for (const id of ids) {
    if ([one![id], other![id]].sort().join() !== `${Duplicate},${Enqueued}`)
      t.fail(`${id}: ${one![id]}, ${other![id]}`);
  }
  const jobs = await idsOnList(redis.client, queues[0]!.keys.list);
  t.same(
    jobs.sort((a, b) => a - b),
    ids,
  );
  t.equal(await redis.client.llen(queues[0]!.keys.notify), 400);
});

t.test('the same update_id of two bots: two jobs', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  t.same(await Promise.all([queue.add(1, 'a'), queue.add(1, 'b')]), [Enqueued, Enqueued]);
  t.same(await Promise.all([queue.add(1, 'b'), queue.add(1, 'a')]), [Duplicate, Duplicate]);
  t.equal(await redis.client.llen(queue.keys.list), 2);
  // An id with a colon and digits in it is no other bot's bitmap.
  t.same(await Promise.all([queue.add(65_536, 'c'), queue.add(0, 'c:1')]), [Enqueued, Enqueued]);
  t.same((await redis.client.keys('*seen:c*')).sort(), [`${queue.keys.seen}c:1`, `${queue.keys.seen}c:1:0`]);
});

t.test('ids on both sides of a bitmap, in one call and apart', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  const ids = [65_534, 65_535, 65_536, 65_537, 131_071, 131_072, 0, Number.MAX_SAFE_INTEGER];
  t.same(
    await Promise.all(ids.map(id => queue.add(id))),
    ids.map(() => Enqueued),
  );
  t.same(
    await Promise.all(ids.map(id => queue.add(id))),
    ids.map(() => Duplicate),
  );
  for (const id of [65_533, 65_538, 131_073]) t.equal(await queue.add(id), Enqueued);
  const bitmaps = (await redis.client.keys('*seen:*')).sort();
  t.same(
    bitmaps,
    [0, 1, 137_438_953_471, 2].map(bitmap => `${queue.keys.seen}main:${bitmap}`),
  );
  for (const bitmap of bitmaps) {
    t.equal(await redis.client.ttl(bitmap), DAY_AND_HOUR, bitmap);
    t.ok((await redis.client.strlen(bitmap)) <= 8192);
  }
  t.equal(await redis.client.getbit(`${queue.keys.seen}main:0`, 65_535), 1);
  t.equal(await redis.client.getbit(`${queue.keys.seen}main:1`, 0), 1);
});

t.test('a bitmap lives for 25 hours from its last write', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  const bitmap = `${queue.keys.seen}main:0`;
  await queue.add(1);
  await redis.client.expire(bitmap, 100);
  t.equal(await queue.add(1), Duplicate);
  t.equal(await redis.client.ttl(bitmap), DAY_AND_HOUR, 'a duplicate is a write');
  await redis.client.expire(bitmap, 100);
  t.equal(await queue.add(2), Enqueued);
  t.equal(await redis.client.ttl(bitmap), DAY_AND_HOUR);
  // Bitmaps that take turns in one call are all renewed.
  await redis.client.expire(bitmap, 100);
  await Promise.all([3, 65_536, 1, 65_537, 4].map(id => queue.add(id)));
  t.equal(await redis.client.ttl(bitmap), DAY_AND_HOUR);
  t.equal(await redis.client.ttl(`${queue.keys.seen}main:1`), DAY_AND_HOUR);
});

t.test('a worker that was started anew knows what the last one did', async t => {
  const redis = await redisFor(t);
  const first = await openQueue(t, redis.port);
  await Promise.all([1, 2, 3].map(id => first.add(id)));
  first.queue.close();
  const second = await openQueue(t, redis.port);
  t.same(await Promise.all([3, 4, 1].map(id => second.add(id))), [Duplicate, Enqueued, Duplicate]);
});

t.test('a bot whose ids begin anew after a week is not taken for the old one', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  t.equal(await queue.add(900_000_000), Enqueued);
  t.equal(await queue.add(17), Enqueued, 'a smaller id than the last is no duplicate');
  await redis.client.del(`${queue.keys.seen}main:0`);
  t.equal(await queue.add(17), Enqueued, 'nor is one whose bitmap has expired');
});
