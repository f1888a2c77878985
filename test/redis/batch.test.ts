import t from 'tap';
import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { NotStored } from '../../lib/errors.js';
import { Outcome } from '../../lib/queue/enqueue.js';
import { idsOnList, openQueue, redisFor, signalled } from '../support/queue.js';
import { textUpdate } from '../support/tgook.js';

const range = (length: number, from = 0): number[] => Array.from({ length }, (_, i) => from + i);

/** How often the script was called. */
async function calls({ client }: PrivateRedis): Promise<number> {
  const stats = await client.info('commandstats');
  const of = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  return of('evalsha') + of('eval');
}

t.test('500 updates at once are put in order, in calls of at most 128', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  await queue.add(1_000_000);
  const before = await calls(redis);
  const order: number[] = [];
  const ids = range(500);
  const outcomes = await Promise.all(
    ids.map(async id => {
      const outcome = await queue.add(id);
      order.push(id);
      return outcome;
    }),
  );
  t.same(new Set(outcomes), new Set([Outcome.Enqueued]));
  t.same(await idsOnList(redis.client, queue.keys.list), [1_000_000, ...ids]);
  t.same(order, ids, 'and told in order');
  t.equal((await calls(redis)) - before, Math.ceil(500 / 128));
});

t.test('an update that comes alone is written at once', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  await queue.add(0);
  const before = await calls(redis);
  for (const id of range(20, 1)) await queue.add(id);
  t.equal((await calls(redis)) - before, 20, 'a call each');
});

t.test('what comes while a call is in flight goes in the next one', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  await queue.add(0);
  const before = await calls(redis);
  const first = queue.add(1);
  await new Promise(resolve => setImmediate(resolve));
  const rest = range(50, 2).map(id => queue.add(id));
  await Promise.all([first, ...rest]);
  t.equal((await calls(redis)) - before, 2);
  t.same(await idsOnList(redis.client, queue.keys.list), range(52));
});

t.test('4224 updates may wait; the next one is refused, and none of them is lost', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  const most = 33 * 128;
  const waiting = range(most).map(id => queue.add(id));
  await t.rejects(queue.add(most), NotStored);
  await t.rejects(queue.add(most + 1), {
    name: 'NotStored',
    message: 'too many updates are waiting for Redis',
  });
  t.same(new Set(await Promise.all(waiting)), new Set([Outcome.Enqueued]));
  t.equal(await queue.add(most), Outcome.Enqueued, 'with room again it is taken');
  t.same(await idsOnList(redis.client, queue.keys.list), range(most + 1));
});

t.test('a huge update among small ones keeps its place', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  const texts = new Map([
    [30, 'x'.repeat(1_000_000)],
    [31, 'я'.repeat(500_000)],
    [60, '"'.repeat(1_000_000)],
    [61, '\u{1f600}'.repeat(250_000)],
  ]);
  const ids = range(100);
  const outcomes = await Promise.all(ids.map(id => queue.addBody(textUpdate(id, texts.get(id)))));
  t.same(new Set(outcomes), new Set([Outcome.Enqueued]));
  t.same(await idsOnList(redis.client, queue.keys.list), ids);
  for (const [id, text] of texts) {
    const { command } = (
      JSON.parse((await redis.client.lindex(queue.keys.list, id))!) as { data: { command: string } }
    ).data;
    t.ok(command.includes(`s:${Buffer.byteLength(text)}:"${text}";`), String(id));
  }
});

t.test('64 MiB may wait, again and again', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  // Each fills a call of its own; the bound on bytes comes long before the one on calls.
  const large = 'x'.repeat(8_000_000);
  let stored = 0;
  for (let round = 0; round < 2; round++) {
    const refused: unknown[] = [];
    const added = Array.from({ length: 12 }, (_, i) =>
      queue.addBody(textUpdate(round * 12 + i, large)).catch(error => void refused.push(error)),
    );
    await new Promise(resolve => setImmediate(resolve));
    // Nine wait, and one is open.
    t.equal(refused.length, 2);
    for (const error of refused) t.type(error, NotStored);
    // On a busy machine the last of so many bytes may take longer than an answer may.
    stored += (await Promise.all(added)).filter(outcome => outcome === Outcome.Enqueued).length;
    while (!queue.usable) await new Promise(resolve => setTimeout(resolve, 20));
  }
  t.ok(stored > 0 && (await redis.client.llen(queue.keys.list)) >= stored, `${stored} of 20`);
});

t.test("updates of several bots share a call, and none is another bot's", async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port, {
    TGOOK_JOB_FORMAT: 'json',
    TGOOK_TAGS: '{bot}',
    TGOOK_HORIZON: 'always',
  });
  const bots = range(40).map(i => `bot${i}`);
  await redis.client.sadd(queue.keys.monitoring, ...bots);
  await Promise.all(range(400).map(i => queue.addBody(textUpdate(i, `for ${bots[i % 40]}`), bots[i % 40]!)));
  const payloads = await redis.client.lrange(queue.keys.list, 0, -1);
  t.equal(payloads.length, 400);
  for (const [i, payload] of payloads.entries()) {
    const bot = bots[i % 40]!;
    const { tags, data, id } = JSON.parse(payload) as {
      tags: string[];
      data: { command: string };
      id: string;
    };
    if (tags.join() !== bot || !data.command.includes(`"${bot}"`) || !data.command.includes(`"for ${bot}"`))
      t.fail(payload);
    if ((await redis.client.zscore(`laravel_horizon:${bot}`, id)) === null)
      t.fail(`${id} is not in the books of ${bot}`);
    if ((await redis.client.getbit(`${queue.keys.seen}${bot}:0`, i)) !== 1) t.fail(`${i} is not seen`);
  }
});

t.test(
  'Redis stands still with all bounds full: everything is answered in 3.5 s, and memory goes back',
  async t => {
    const redis = await redisFor(t);
    const queue = await openQueue(t, redis.port);
    await queue.add(0);
    await signalled(redis, 'SIGSTOP');
    const begin = performance.now();
    let slowest = 0;
    const outcomes = await Promise.all(
      range(5000, 1).map(async id => {
        const outcome = await queue.tryAdd(id);
        slowest = Math.max(slowest, performance.now() - begin);
        return outcome;
      }),
    );
    t.same(new Set(outcomes), new Set([undefined]));
    t.ok(slowest < 3500, `${Math.round(slowest)} ms`);
    await signalled(redis, 'SIGCONT');
    await queue.until(/./);
    await queue.until(undefined, 3000);
    const again = await Promise.all(range(1000, 1).map(id => queue.add(id)));
    t.same(new Set(again), new Set([Outcome.Duplicate, Outcome.Enqueued]), 'what was in flight has run');
    t.equal(again.filter(outcome => outcome === Outcome.Duplicate).length, 128);
    const ids = await idsOnList(redis.client, queue.keys.list);
    t.equal(new Set(ids).size, ids.length, 'and every update is one job');
  },
);
