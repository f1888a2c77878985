import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { NotStored } from '../errors.js';
import { type Keys, seenBitOf } from '../laravel/keys.js';
import { PACKAGE_ROOT } from '../paths.js';

const SCRIPT = readFileSync(`${PACKAGE_ROOT}lib/queue/release.lua`, 'utf8');

/** The update whose job must be there. */
export interface Replayed {
  readonly bot: string;
  readonly updateId: number;
}

/**
 * The one typed wrapper of release.lua: takes an entry out of the quarantine, in a replay only when the update
 * is a job.
 *
 * @param entry its id in the stream
 * @returns the script's reply, for readReleased(); within MULTI the word of Redis that it is queued
 */
export function release(redis: Redis, keys: Keys, entry: string, replayed?: Replayed): Promise<unknown> {
  const { quarantine, quarantineIds, quarantineBytes } = keys;
  if (replayed === undefined) return redis.eval(SCRIPT, 3, quarantine, quarantineIds, quarantineBytes, entry);
  const [seen, bit] = seenBitOf(keys, replayed.bot, replayed.updateId);
  return redis.eval(SCRIPT, 4, quarantine, quarantineIds, quarantineBytes, seen, entry, bit);
}

/**
 * Whether the script took the entry out.
 *
 * @throws NotStored when the reply is none of the script's: whoever answers there is not Redis
 */
export function readReleased(reply: unknown): boolean {
  if (reply === 0 || reply === 1) return reply === 1;
  throw new NotStored('the answer is not that of the script');
}
