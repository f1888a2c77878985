import type { Settings } from '../settings/load.js';

/**
 * The names of all keys that tgook reads or writes, in one place.
 *
 * `P` is the prefix of the app's queue connection, `H` Horizon's. tgook's own keys begin with `P tgook:`.
 */
export interface Keys {
  /** `P queues:Q`, the list that workers pop from. */
  readonly list: string;
  /** One element a job, for workers that block (block_for). */
  readonly notify: string;
  /** String: unix seconds at which tgook last saw a live Horizon master. */
  readonly horizonSeen: string;
  /** Sorted set: a Horizon master's name and the unix seconds of its last beat. */
  readonly masters: string;
  readonly recentJobs: string;
  readonly pendingJobs: string;
  /** Set of the tags that Horizon monitors. */
  readonly monitoring: string;
  /** Prefix of Horizon's hash of a job (then the job's id) and of a monitored tag's sorted set (then the tag). */
  readonly horizon: string;
  /** Prefix of the bitmaps of update ids; `<bot>:<update id div 65536>` follows. */
  readonly seen: string;
  /** Stream of the updates that the format cannot hold. */
  readonly quarantine: string;
  /** Hash: `<bot>:<update id>` → the entry's id in the stream. */
  readonly quarantineIds: string;
  /** Integer: bytes of all bodies in the stream. */
  readonly quarantineBytes: string;
  /** Written to learn whether Redis takes writes; expires at once. */
  readonly probe: string;
}

/** Bits in one bitmap of update ids: ids of a bot are nearly consecutive, so 8 KiB serve 65,536 updates. */
export const SEEN_BITS = 65_536;

/** Where the dedupe script remembers an update: the bitmap's key, and the bit in it. */
export function seenBitOf({ seen }: Pick<Keys, 'seen'>, bot: string, updateId: number): [string, number] {
  return [`${seen}${bot}:${Math.floor(updateId / SEEN_BITS)}`, updateId % SEEN_BITS];
}

export function compileKeys(settings: Settings): Keys {
  const { REDIS_PREFIX: prefix, HORIZON_PREFIX: horizon, TELEGRAM_UPDATES_QUEUE_NAME: queue } = settings;
  return {
    list: `${prefix}queues:${queue}`,
    notify: `${prefix}queues:${queue}:notify`,
    horizonSeen: `${prefix}tgook:horizon-seen`,
    masters: `${horizon}masters`,
    recentJobs: `${horizon}recent_jobs`,
    pendingJobs: `${horizon}pending_jobs`,
    monitoring: `${horizon}monitoring`,
    horizon,
    seen: `${prefix}tgook:seen:`,
    quarantine: `${prefix}tgook:quarantine`,
    quarantineIds: `${prefix}tgook:quarantine:ids`,
    quarantineBytes: `${prefix}tgook:quarantine:bytes`,
    probe: `${prefix}tgook:probe`,
  };
}
