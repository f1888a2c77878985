import { setTimeout as sleep } from 'node:timers/promises';
import { isSuccess } from '../../../lib/telegram/connection.js';
import type { TelegramUpdate } from '../../../lib/telegram/kinds.js';
import { Latencies } from '../../../lib/telegram/latencies.js';
import { sampleUpdates } from '../../../lib/telegram/sample-updates.js';
import { TelegramSimulator } from '../../../lib/telegram/simulator.js';
import { Account } from './account.js';

/** The first id of every bot: two of them never share a job. */
const FIRST_ID = 100_000_001;
/** One update in so many does not fit the job. */
const MISFIT = 2000;
/** One answer in so many is lost on its way back, with its connection. */
const LOST_ANSWER = 500;
/** More than any soak sends. */
const MANY = 1_000_000_000;

/** What was answered since the last look. */
export interface Answers {
  acknowledged: number;
  /** By what a request that was not acknowledged ended with: `503`, `ECONNRESET`. */
  readonly failures: Map<string, number>;
  readonly latencies: Latencies;
}

/** A bot whose updates come at a steady rate, from the simulated Telegram. */
class Bot {
  readonly account = new Account(FIRST_ID);
  readonly telegram: TelegramSimulator;
  #delivery: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(
    readonly name: string,
    readonly number: number,
    options: { url: string; secret: string },
    answers: () => Answers,
  ) {
    this.telegram = new TelegramSimulator({
      ...options,
      bot: name,
      loseAnswer: (updateId, attempt) => attempt === 1 && updateId % LOST_ANSWER === 0,
      onReply: (updateId, reply) => {
        const { failures, latencies } = answers();
        if (reply.status !== undefined) latencies.add(reply.milliseconds);
        if (!isSuccess(reply)) {
          failures.set(reply.outcome, (failures.get(reply.outcome) ?? 0) + 1);
          return;
        }
        answers().acknowledged++;
        this.account.acknowledged(updateId);
        // The account has it: an hour's updates would be a gigabyte of records.
        this.telegram.record.delete(updateId);
      },
    });
  }

  start(rate: number, seed: number): void {
    this.#delivery = this.telegram.deliver(this.#updates(rate, seed));
  }

  /** Sends nothing new. Resolves when all that was sent is acknowledged or expired. */
  finish(): Promise<unknown> {
    this.#over = true;
    return this.#delivery;
  }

  /** What could not be sent in time is sent as soon as Telegram has room for it. */
  async *#updates(rate: number, seed: number): AsyncGenerator<TelegramUpdate> {
    const updates = sampleUpdates({ count: MANY, seed, firstId: FIRST_ID, misfits: MANY / MISFIT });
    const begin = performance.now();
    let sent = 0;
    for (const update of updates) {
      const early = begin + (1000 * sent) / rate - performance.now();
      if (early > 0) await sleep(early);
      if (this.#over) return;
      this.account.sent(update.update_id);
      sent++;
      yield update;
    }
  }
}

/** Telegram, with some bots of the same rate. */
export class Telegram {
  readonly bots: readonly Bot[];
  #answers: Answers = { acknowledged: 0, failures: new Map(), latencies: new Latencies() };

  constructor(options: { url: string; secret: string }, count: number) {
    this.bots = Array.from(
      { length: count },
      (_, i) => new Bot(`bot${i + 1}`, i + 1, options, () => this.#answers),
    );
  }

  /** @param rate updates per second, of all bots together */
  start(rate: number, seed: number): void {
    for (const bot of this.bots) bot.start(rate / this.bots.length, seed + bot.number);
  }

  account(bot: string): Account | undefined {
    return this.bots.find(({ name }) => name === bot)?.account;
  }

  /** What was answered since this was asked last. */
  answers(): Answers {
    const answers = this.#answers;
    this.#answers = { acknowledged: 0, failures: new Map(), latencies: new Latencies() };
    return answers;
  }

  /** Sends nothing new. Resolves when all that was sent is acknowledged or expired. */
  async finish(): Promise<void> {
    await Promise.all(this.bots.map(bot => bot.finish()));
  }

  close(): void {
    for (const { telegram } of this.bots) telegram.close();
  }
}
