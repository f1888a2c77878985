import { IDLE_TIMEOUT, isSuccess, type Reply } from './connection.js';
import { ConnectionPool } from './connection-pool.js';
import { telegramJson } from './json.js';
import { lifetimeOf, queueOf, type TelegramUpdate } from './kinds.js';
import { Latencies } from './latencies.js';

/** Telegram's longest pause between two attempts is a random time between this and its double. */
const MAX_RESEND_DELAY = 60_000;

export interface SimulatorOptions {
  /** The webhook's URL without the bot's id, with a slash at its end. */
  readonly url: string;
  readonly bot: string;
  readonly secret?: string | undefined;
  /** setWebhook's max_connections. */
  readonly connections?: number;
  /** Loses an answer of 2xx on its way, with its connection, so that Telegram sends the update again. */
  readonly loseAnswer?: (updateId: number, attempt: number) => boolean;
  /** Milliseconds for which an answer is waited for; Telegram waits for a minute. */
  readonly patience?: number;
  /** The longest pause between two attempts, in milliseconds, for whoever cannot wait for Telegram's minutes. */
  readonly longestPause?: number;
  /** Told of every request's end. */
  readonly onReply?: (updateId: number, reply: Reply) => void;
}

/** What happened to one update. */
export interface UpdateRecord {
  /** Requests. */
  attempts: number;
  /** Requests that were answered 2xx, lost answers included. */
  accepted: number;
  /** Telegram has received a 2xx, and forgotten the update. */
  acknowledged: boolean;
  /** Its lifetime has ended before that: Telegram has dropped it. */
  expired: boolean;
}

/** What became of a delivery. */
export interface Delivery {
  /** Updates that were sent, each counted once. */
  sent: number;
  acknowledged: number;
  expired: number;
  /** Requests. */
  attempts: number;
  /** Requests that did not end with a 2xx, by what they ended with: `503`, `ECONNRESET`, `answer lost`. */
  readonly failures: Map<string, number>;
  /** From a request's start to the end of its answer, whatever its status. */
  readonly latencies: Latencies;
  /** From the first request to the last update's end. */
  milliseconds: number;
}

/** An update on Telegram's side. */
interface Pending {
  readonly update: TelegramUpdate;
  readonly record: UpdateRecord;
  readonly expiresAt: number;
  failures: number;
  /** The pause that the next one is the double of. */
  pause: number;
}

/** Updates that must arrive one after another. */
interface SendQueue {
  readonly key: string;
  readonly updates: Pending[];
  /** When the first of them may be sent. */
  wakeupAt: number;
  onItsWay: boolean;
}

/**
 * Telegram's side of one bot's webhook, which keeps to the rules of its own sender (telegram-bot-api,
 * WebhookActor.cpp): one request at a time for each of its queues, everything but 2xx sent again at once and
 * then after 2, 4, 8 … s until its lifetime ends, twice as many updates in hand as connections.
 *
 * `record` is kept here, outside of what is tested: what was sent, and what was acknowledged.
 */
export class TelegramSimulator {
  /** By update id, over all deliveries. */
  readonly record = new Map<number, UpdateRecord>();
  readonly #options: SimulatorOptions;
  readonly #pool: ConnectionPool;
  readonly #maxLoaded: number;
  /** In the order in which they were filled. */
  readonly #queues = new Map<string, SendQueue>();
  #loaded = 0;
  #delivery: Delivery | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onProgress = (): void => {};
  #closed = false;

  constructor(options: SimulatorOptions) {
    const { url, bot, secret, connections = 40, patience = IDLE_TIMEOUT } = options;
    this.#options = options;
    this.#pool = new ConnectionPool({ url: new URL(url + bot), secret, patience }, connections);
    this.#maxLoaded = 2 * connections;
  }

  /**
   * Sends updates in their order, as fast as they are taken. One delivery at a time.
   *
   * @returns when each is acknowledged or expired, or after `close()`
   */
  async deliver(updates: Iterable<TelegramUpdate> | AsyncIterable<TelegramUpdate>): Promise<Delivery> {
    if (this.#delivery !== undefined) throw new Error('a delivery is under way');
    const failures = new Map<string, number>();
    const latencies = new Latencies();
    const counts = { sent: 0, acknowledged: 0, expired: 0, attempts: 0 };
    const delivery: Delivery = { ...counts, failures, latencies, milliseconds: 0 };
    this.#delivery = delivery;
    let start: number | undefined;
    for await (const update of updates) {
      if (this.#closed) break;
      start ??= performance.now();
      this.#load(update);
      this.#loop();
      while (this.#loaded >= this.#maxLoaded && !this.#closed) await this.#progress();
    }
    while (this.#loaded > 0 && !this.#closed) await this.#progress();
    delivery.milliseconds = performance.now() - (start ?? performance.now());
    this.#delivery = undefined;
    return delivery;
  }

  /** Ends deliveries and connections, with what is on its way. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#pool.close();
    this.#onProgress();
  }

  /** Resolves when an update has left. */
  #progress(): Promise<void> {
    return new Promise(resolve => {
      this.#onProgress = resolve;
    });
  }

  #load(update: TelegramUpdate): void {
    const key = queueOf(update);
    const now = performance.now();
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { key, updates: [], wakeupAt: now, onItsWay: false };
      this.#queues.set(key, queue);
    }
    let record = this.record.get(update.update_id);
    if (record === undefined) {
      record = { attempts: 0, accepted: 0, acknowledged: false, expired: false };
      this.record.set(update.update_id, record);
    }
    queue.updates.push({ update, record, expiresAt: now + lifetimeOf(update), failures: 0, pause: 1000 });
    this.#loaded++;
    this.#delivery!.sent++;
  }

  /** Opens connections, sends what can be sent, and sees to it that it is called again in time. */
  #loop(): void {
    if (this.#closed) return;
    const now = performance.now();
    let wakeupAt = this.#pool.grow(this.#queues.size, now) ?? Number.POSITIVE_INFINITY;
    while (this.#pool.hasReady) {
      const queue = this.#nextQueue();
      if (queue === undefined) break;
      if (queue.wakeupAt > now) {
        wakeupAt = Math.min(wakeupAt, queue.wakeupAt);
        break;
      }
      void this.#send(queue);
    }
    clearTimeout(this.#timer);
    if (wakeupAt === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#loop(), Math.max(wakeupAt - now, 1));
  }

  /** The queue that has waited longest. There are never more than updates in hand, mostly 80. */
  #nextQueue(): SendQueue | undefined {
    let next: SendQueue | undefined;
    for (const queue of this.#queues.values()) {
      if (!queue.onItsWay && (next === undefined || queue.wakeupAt < next.wakeupAt)) next = queue;
    }
    return next;
  }

  async #send(queue: SendQueue): Promise<void> {
    const { loseAnswer, onReply } = this.#options;
    const pending = queue.updates[0]!;
    const { update, record } = pending;
    queue.onItsWay = true;
    const attempt = ++record.attempts;
    const reply = await this.#pool.post(telegramJson(update), status => {
      if (status < 200 || status > 299) return false;
      record.accepted++;
      return loseAnswer?.(update.update_id, attempt) ?? false;
    });
    queue.onItsWay = false;
    if (this.#closed) return;
    this.#count(reply);
    onReply?.(update.update_id, reply);
    if (isSuccess(reply)) {
      record.acknowledged = true;
      this.#delivery!.acknowledged++;
      this.#drop(queue);
    } else {
      this.#failed(queue, pending, reply.retryAfter);
    }
    this.#loop();
  }

  #count({ status, outcome, milliseconds }: Reply): void {
    const { failures, latencies } = this.#delivery!;
    this.#delivery!.attempts++;
    if (status !== undefined) latencies.add(milliseconds);
    if (status === undefined || status < 200 || status > 299)
      failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
  }

  /** WebhookActor::on_update_error(): the first pause is none, then they double. */
  #failed(queue: SendQueue, pending: Pending, retryAfter: number): void {
    let pause = retryAfter;
    if (pause === 0 && pending.failures > 0) {
      const longest = this.#options.longestPause ?? MAX_RESEND_DELAY * (1 + Math.random());
      pending.pause = Math.min(longest, 2 * pending.pause);
      pause = pending.pause;
    }
    pending.failures++;
    queue.wakeupAt = performance.now() + pause;
    if (queue.wakeupAt <= pending.expiresAt) return;
    pending.record.expired = true;
    this.#delivery!.expired++;
    this.#drop(queue);
  }

  /** The first update of the queue is done with. */
  #drop(queue: SendQueue): void {
    queue.updates.shift();
    this.#loaded--;
    if (queue.updates.length === 0) this.#queues.delete(queue.key);
    else queue.wakeupAt = performance.now();
    this.#onProgress();
  }
}
