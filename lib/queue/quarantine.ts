import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { NotStored } from '../errors.js';
import { type Keys, seenBitOf } from '../laravel/keys.js';
import { PACKAGE_ROOT } from '../paths.js';
import type { Update } from '../webhook/update.js';
import type { Confirmations } from './ack.js';
import type { Connection } from './connection.js';
import { describeProblem } from './problems.js';

const SCRIPT = readFileSync(`${PACKAGE_ROOT}lib/queue/quarantine.lua`, 'utf8');

/** Bounds of the stream; beyond them the oldest entries go. */
const MAX_ENTRIES = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * What may be on its way into quarantine at one time; more is answered 503. Each body is there about three times:
 * as text, as a command, and in the socket. A small one costs a request, a command and a promise all the same.
 */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
const MAX_PENDING_UPDATES = 4096;

export interface Quarantined {
  /** False when the update was there already. */
  readonly added: boolean;
  /** `<bot>:<update id>` of the entries that had to go. */
  readonly lost: readonly string[];
}

type QuarantineScript = (
  stream: string,
  ids: string,
  bytes: string,
  seen: string,
  ...values: Array<string | number>
) => Promise<[added: 0 | 1, ...lost: string[]]>;

/** The one typed wrapper of quarantine.lua: keeps updates that the job's format cannot hold. */
export class Quarantine {
  #pendingBytes = 0;
  #pendingUpdates = 0;
  readonly #script: QuarantineScript;

  constructor(
    readonly connection: Connection,
    readonly keys: Keys,
    readonly confirmations?: Confirmations,
  ) {
    const redis = connection.redis as Redis & { quarantine: QuarantineScript };
    redis.defineCommand('quarantine', { numberOfKeys: 4, lua: SCRIPT });
    this.#script = redis.quarantine.bind(redis);
  }

  /**
   * Keeps an update with its reason, once. It does not count as delivered: sent again, or played back, it can
   * still become a job.
   *
   * @throws NotStored when Redis did not confirm it
   */
  async keep(bot: string, update: Update, reason: string): Promise<Quarantined> {
    if (!this.connection.usable) throw new NotStored('Redis is away');
    if (this.#pendingBytes > MAX_PENDING_BYTES || this.#pendingUpdates >= MAX_PENDING_UPDATES) {
      throw new NotStored('too many updates are on their way into quarantine');
    }
    const { quarantine, quarantineIds, quarantineBytes } = this.keys;
    const [seen, bit] = seenBitOf(this.keys, bot, update.id);
    this.#pendingBytes += update.bytes;
    this.#pendingUpdates++;
    try {
      const [added, ...lost] = await this.#script(
        quarantine,
        quarantineIds,
        quarantineBytes,
        seen,
        Date.now(),
        bit,
        bot,
        update.id,
        reason,
        update.text,
        MAX_ENTRIES,
        MAX_BYTES,
      );
      if (added !== 0 && added !== 1) throw new Error('the answer is not that of the script');
      await this.confirmations?.confirm();
      return { added: added === 1, lost };
    } catch (error) {
      throw new NotStored(describeProblem(this.connection.settings, error as Error));
    } finally {
      this.#pendingBytes -= update.bytes;
      this.#pendingUpdates--;
    }
  }
}
