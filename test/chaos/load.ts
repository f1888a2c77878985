import { setTimeout as pause } from 'node:timers/promises';
import type { TelegramUpdate } from '../../lib/telegram/kinds.js';
import { Latencies } from '../../lib/telegram/latencies.js';
import { sampleUpdates } from '../../lib/telegram/sample-updates.js';
import { Random } from '../../lib/telegram/samples/random.js';
import { TelegramSimulator, type UpdateRecord } from '../../lib/telegram/simulator.js';

/** Longer than any request may take: what hangs is seen, and ends. */
const PATIENCE = 6000;

/** Telegram's pauses double up to a minute and more; here many retries are to fall into a fault, and none behind it. */
const LONGEST_PAUSE = 1000;

/** One of so many answers gets lost on its way back to Telegram, so that there are retries at all times. */
const ANSWERS_PER_LOSS = 50;

/** One of so many updates does not fit the job and goes into quarantine. */
const UPDATES_PER_MISFIT = 100;

/** How requests went, whoever sent them. */
export class Requests {
  readonly times = new Latencies();
  /** Requests that were not answered 2xx, by what they ended with; answers that Telegram's side has lost are none. */
  readonly failures = new Map<string, number>();
  ok = 0;

  note(outcome: string, milliseconds: number): void {
    this.times.add(milliseconds);
    if (/^2\d\d$/.test(outcome)) this.ok++;
    else if (outcome !== 'answer lost') this.failures.set(outcome, (this.failures.get(outcome) ?? 0) + 1);
  }
}

/** Fresh updates at a steady pace for one bot, for one Telegram or for several that all get each. */
export class Updates {
  readonly #followers = new Set<Feed>();
  #stopped = false;

  /** @param rate updates a second; where they are taken more slowly, they are fewer */
  constructor(
    readonly seed: number,
    readonly rate: number,
  ) {}

  async *paced(): AsyncGenerator<TelegramUpdate> {
    const count = 10_000_000;
    let due = performance.now();
    for (const update of sampleUpdates({ count, seed: this.seed, misfits: count / UPDATES_PER_MISFIT })) {
      if (this.#stopped) break;
      const now = performance.now();
      // What was held up is not caught up with.
      due = Math.max(due + 1000 / this.rate, now - 100);
      if (due > now) await pause(due - now);
      for (const follower of this.#followers) follower.push(update);
      yield update;
    }
    for (const follower of this.#followers) follower.end();
  }

  /** The same updates, from now on and at the same moments. */
  follow(): AsyncIterable<TelegramUpdate> {
    const feed = new Feed();
    this.#followers.add(feed);
    return feed.read();
  }

  stop(): void {
    this.#stopped = true;
  }
}

class Feed {
  readonly #waiting: TelegramUpdate[] = [];
  #ended = false;
  #wake = (): void => {};

  push(update: TelegramUpdate): void {
    this.#waiting.push(update);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *read(): AsyncGenerator<TelegramUpdate> {
    while (true) {
      const update = this.#waiting.shift();
      if (update !== undefined) yield update;
      else if (this.#ended) return;
      else await new Promise<void>(resolve => this.#onPush(resolve));
    }
  }

  #onPush(wake: () => void): void {
    this.#wake = wake;
  }
}

export interface LoadOptions {
  readonly url: string;
  readonly bot: string;
  readonly seed: number;
  readonly connections: number;
  readonly updates: AsyncIterable<TelegramUpdate>;
  readonly requests: Requests;
}

/** A simulated Telegram at work, from its start until all its updates are acknowledged. */
export class Load {
  readonly #telegram: TelegramSimulator;
  readonly #delivered: Promise<unknown>;

  constructor({ url, bot, seed, connections, updates, requests }: LoadOptions) {
    const random = new Random(seed);
    this.#telegram = new TelegramSimulator({
      url,
      bot,
      connections,
      patience: PATIENCE,
      longestPause: LONGEST_PAUSE,
      loseAnswer: () => random.chance(1 / ANSWERS_PER_LOSS),
      onReply: (_updateId, { outcome, milliseconds }) => requests.note(outcome, milliseconds),
    });
    this.#delivered = this.#telegram.deliver(updates);
  }

  get record(): ReadonlyMap<number, UpdateRecord> {
    return this.#telegram.record;
  }

  /** The updates have ended: waits until all are acknowledged, at most for so many milliseconds. */
  async finish(limit: number): Promise<void> {
    const timer = setTimeout(() => this.close(), limit);
    await this.#delivered;
    clearTimeout(timer);
    this.close();
  }

  close(): void {
    this.#telegram.close();
  }
}
