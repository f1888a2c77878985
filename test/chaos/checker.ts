import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { LaravelConsumer, leftOvers } from '../../lib/laravel/consumer.js';
import { compileKeys, type Keys } from '../../lib/laravel/keys.js';
import { settingsOf } from '../support/queue.js';

/** What is in Redis when all is over. Ids are of updates. */
export interface Drained {
  /** By update id, the uuids of its jobs. */
  readonly jobs: ReadonlyMap<number, ReadonlySet<string>>;
  /** By update id, how many entries it has in quarantine. */
  readonly quarantined: ReadonlyMap<number, number>;
  /** Where Horizon's keys, the notify list and the queue do not agree. */
  readonly disagreements: readonly string[];
}

const PAGE = 500;

/** Takes everything out of the queue with the steps of a Laravel worker, and holds Horizon's keys against it. */
export async function drain(stores: readonly PrivateRedis[]): Promise<Drained> {
  const keys = compileKeys(settingsOf());
  const jobs = new Map<number, Set<string>>();
  const quarantined = new Map<number, number>();
  const disagreements: string[] = [];
  for (const { client } of stores) {
    const payloads = await readList(client, keys.list);
    disagreements.push(...(await compareWithHorizon(client, keys, payloads)));
    const consumer = new LaravelConsumer(client, keys, ({ updateId, uuid }) => {
      const uuids = jobs.get(updateId);
      if (uuids === undefined) jobs.set(updateId, new Set([uuid]));
      else uuids.add(uuid);
    });
    consumer.start(16);
    await consumer.finish();
    for (const left of await leftOvers(client, keys)) disagreements.push(`${left} are left`);
    for (const [, fields] of await client.xrange(keys.quarantine, '-', '+')) {
      const id = Number(fields[fields.indexOf('update_id') + 1]);
      quarantined.set(id, (quarantined.get(id) ?? 0) + 1);
    }
  }
  return { jobs, quarantined, disagreements };
}

type Client = PrivateRedis['client'];

async function readList(client: Client, list: string): Promise<Map<string, string>> {
  const payloads = new Map<string, string>();
  for (let from = 0; ; from += PAGE) {
    const page = await client.lrange(list, from, from + PAGE - 1);
    for (const payload of page) payloads.set((JSON.parse(payload) as { uuid: string }).uuid, payload);
    if (page.length < PAGE) return payloads;
  }
}

/** @param payloads by uuid, the jobs on the queue, of which none has been taken yet */
async function compareWithHorizon(
  client: Client,
  keys: Keys,
  payloads: ReadonlyMap<string, string>,
): Promise<string[]> {
  const problems: string[] = [];
  const notifications = await client.llen(keys.notify);
  if (notifications !== payloads.size) {
    problems.push(`${payloads.size} jobs have ${notifications} elements in the notify list`);
  }
  for (const key of [keys.recentJobs, keys.pendingJobs]) {
    const known = new Set(await client.zrange(key, '0', '-1'));
    const missing = [...payloads.keys()].filter(uuid => !known.has(uuid)).length;
    const strange = [...known].filter(uuid => !payloads.has(uuid)).length;
    if (missing + strange > 0) problems.push(`${key} lacks ${missing} jobs and has ${strange} others`);
  }
  const uuids = [...payloads.keys()];
  let wrong = 0;
  for (let from = 0; from < uuids.length; from += PAGE) {
    const page = uuids.slice(from, from + PAGE);
    const pipeline = client.pipeline();
    for (const uuid of page) {
      pipeline.hmget(keys.horizon + uuid, 'id', 'status', 'payload').ttl(keys.horizon + uuid);
    }
    const replies = (await pipeline.exec()) ?? [];
    page.forEach((uuid, i) => {
      const [id, status, payload] = (replies[2 * i]?.[1] ?? []) as Array<string | null>;
      const isRight = id === uuid && status === 'pending' && payload === payloads.get(uuid);
      if (!isRight || !(Number(replies[2 * i + 1]?.[1]) > 0)) wrong++;
    });
  }
  if (wrong > 0) problems.push(`${wrong} jobs have no hash of Horizon's, or a wrong one`);
  return problems;
}
