import { Misfit } from '../errors.js';
import { JobWriter } from '../laravel/job.js';
import { BOT_ID } from '../settings/values.js';
import { parseUpdate, type Update } from '../webhook/update.js';
import { compileEnqueue, EnqueueCall, Outcome, readOutcomes } from './enqueue.js';
import type { QuarantineEntry, QuarantineStore } from './quarantine-store.js';
import { readReleased, release } from './release.js';

/** An entry that stays, since no job can be made of it. */
export interface LeftBehind extends Pick<QuarantineEntry, 'id' | 'bot' | 'updateId'> {
  /** Why not now: the entry's own reason may have been another. */
  readonly reason: string;
}

/**
 * Makes jobs of updates in quarantine, by the same encoder and script as the webhook. Its counts grow while it
 * runs, and hold when it fails in the middle.
 */
export class Replay {
  /** Jobs that are on the queue by this run. */
  delivered = 0;
  /** Updates that had become a job meanwhile: sent again by Telegram, or by another replay. */
  deliveredAlready = 0;
  /** Of those delivered: jobs that Horizon's keys could not be written for. */
  withoutHorizon = 0;
  readonly left: LeftBehind[] = [];
  readonly #call: EnqueueCall<undefined>;

  constructor(readonly store: QuarantineStore) {
    const { settings, keys } = store;
    // Whoever plays updates back decides that the queue has room: here nobody would send them again.
    const constants = compileEnqueue({ ...settings, TGOOK_QUEUE_MAX: undefined }, keys);
    this.#call = new EnqueueCall(constants, new JobWriter(settings, keys));
  }

  /** Entries that were looked at. */
  get total(): number {
    return this.delivered + this.deliveredAlready + this.left.length;
  }

  /** @throws StartError when Redis fails: what was not counted by then is still in quarantine, or a job */
  async run(entries: AsyncIterable<QuarantineEntry>): Promise<void> {
    for await (const entry of entries) {
      let update: Update;
      try {
        update = this.#encode(entry);
      } catch (error) {
        // As at the webhook: whatever the encoder says, the update cannot become a job.
        const { id, bot, updateId } = entry;
        this.left.push({ id, bot, updateId, reason: (error as Error).message });
        continue;
      }
      this.#count(await this.store.ask(this.#deliver(entry, update)));
      this.#call.reset();
    }
  }

  #encode({ bot, body }: QuarantineEntry): Update {
    if (!BOT_ID.test(bot)) throw new Misfit('its bot is missing, or no bot id');
    const update = parseUpdate(body);
    this.#call.add(bot, update, undefined, Date.now());
    return update;
  }

  /**
   * Enqueues the job and takes the entry out in one transaction, so that nothing can come in between: not the
   * end of this process, nor that of Redis. The entry goes only when the job is there.
   */
  async #deliver({ id, bot }: QuarantineEntry, update: Update): Promise<Outcome> {
    const { redis, keys } = this.store;
    // Its answer comes first: where Redis refuses it, what follows would run at once.
    await redis.multi({ pipeline: false });
    // Where a command was not even queued, its own error comes before that of EXEC, and says why.
    const [, , replies] = await Promise.all([
      redis.sendCommand(this.#call.command(Date.now(), 'EVAL')),
      release(redis, keys, id, { bot, updateId: update.id }),
      redis.exec(),
    ]);
    const [enqueued, released] = replies ?? [];
    const [outcome] = readOutcomes(replyOf(enqueued), 1);
    readReleased(replyOf(released));
    return outcome!;
  }

  #count(outcome: Outcome): void {
    if (outcome === Outcome.Duplicate) this.deliveredAlready++;
    else this.delivered++;
    if (outcome === Outcome.WithoutHorizon) this.withoutHorizon++;
  }
}

/**
 * What EXEC says of one command.
 *
 * @throws Error that the command ended with
 */
function replyOf(result: readonly [error: Error | null, reply: unknown] | undefined): unknown {
  if (result?.[0] instanceof Error) throw result[0];
  return result?.[1];
}
