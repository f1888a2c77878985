import type { Test } from 'tap';
import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { openClient } from '../../lib/queue/client.js';
import { type QuarantineEntry, QuarantineStore } from '../../lib/queue/quarantine-store.js';
import { Replay } from '../../lib/queue/replay.js';
import { parseUpdate } from '../../lib/webhook/update.js';
import { settingsOf, type TestQueue, type Values } from './queue.js';

export const STREAM = 'laravel_database_tgook:quarantine';
export const IDS = `${STREAM}:ids`;
export const BYTES = `${STREAM}:bytes`;

/** Opens the quarantine as its commands do. */
export async function openStore(t: Test, port: number, values: Values = {}): Promise<QuarantineStore> {
  const settings = settingsOf({ REDIS_PORT: port, ...values });
  const redis = await openClient(settings);
  t.teardown(() => redis.disconnect());
  return new QuarantineStore(redis, settings);
}

/** Keeps updates, whether they fit or not. */
export async function keep({ queue }: TestQueue, bodies: readonly string[], bot = 'main'): Promise<void> {
  for (const body of bodies) await queue.quarantine.keep(bot, parseUpdate(Buffer.from(body)), 'a reason');
}

/** A replay of everything, and how it ended. */
export async function replayAll(store: QuarantineStore): Promise<{ replay: Replay; error?: Error }> {
  const replay = new Replay(store);
  try {
    await replay.run(store.entries());
    return { replay };
  } catch (error) {
    return { replay, error: error as Error };
  }
}

export async function listed(store: QuarantineStore): Promise<QuarantineEntry[]> {
  const entries: QuarantineEntry[] = [];
  for await (const entry of store.entries()) entries.push(entry);
  return entries;
}

/** The counter must be the sum of the bodies, and the marks those of the entries. */
export async function agrees(t: Test, { client }: PrivateRedis): Promise<void> {
  let bytes = 0;
  const marks: Record<string, string> = {};
  for (const [id, list] of await client.xrange(STREAM, '-', '+')) {
    const fields: Record<string, string> = {};
    for (let i = 0; i < list.length; i += 2) fields[list[i]!] = list[i + 1]!;
    bytes += Buffer.byteLength(fields.body ?? '');
    marks[`${fields.bot}:${fields.update_id}`] = id;
  }
  t.equal(Number(await client.get(BYTES)), bytes, 'the counter is right');
  t.same(await client.hgetall(IDS), marks, 'each entry has its mark');
}
