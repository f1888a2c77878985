import { NotStored } from '../errors.js';
import { JobWriter } from '../laravel/job.js';
import { compileKeys, type Keys } from '../laravel/keys.js';
import type { Settings } from '../settings/load.js';
import type { Update } from '../webhook/update.js';
import { Confirmations } from './ack.js';
import { Connection } from './connection.js';
import {
  compileEnqueue,
  EnqueueCall,
  type EnqueueCommand,
  type EnqueueConstants,
  Outcome,
  readOutcomes,
} from './enqueue.js';
import { Quarantine } from './quarantine.js';

/** A call of the script holds at most this much, so that it never blocks Redis for long. */
const MAX_CALL_UPDATES = 128;
const MAX_CALL_BYTES = 1024 * 1024;

/**
 * Calls that wait behind the one in flight. What comes when they are full is answered 503. One job may be of
 * 16 MiB and a buffer twice as long as what is in it, so that they take 160 MiB at the very most; where TGOOK_ACK
 * sends all of them together, as many may come to wait behind them.
 */
const MAX_WAITING_CALLS = 32;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Milliseconds after which an update is answered without Redis, whatever the client does. */
const DEADLINE = 3000;
const SWEEP_INTERVAL = 200;

/** Told what became of an update: its outcome, or undefined when it is not stored, or not known to be. */
export type Settle<Request> = (request: Request, outcome: Outcome | undefined) => void;

/** What the queue tells of itself. */
export interface QueueEvents {
  /** Redis' problem in one line, or undefined once it takes writes. */
  readonly onRedis: (problem: string | undefined) => void;
  /** Updates that Horizon's keys could not be written for. */
  readonly onWithoutHorizon: (count: number) => void;
  /** Updates that were not taken, since the queue is as long as TGOOK_QUEUE_MAX allows. */
  readonly onFull: (count: number) => void;
}

/**
 * One worker's way to Redis, by group commit: with nothing in flight a call is sent at once, and what arrives
 * meanwhile goes into the next. It never waits for more.
 */
export class Queue<Request> {
  readonly connection: Connection;
  readonly quarantine: Quarantine;
  /** Asked behind every call, where TGOOK_ACK wants more than Redis' reply. */
  readonly #confirmations: Confirmations | undefined;
  readonly #constants: EnqueueConstants;
  readonly #jobs: JobWriter;
  readonly #settle: Settle<Request>;
  readonly #events: QueueEvents;
  #open: EnqueueCall<Request>;
  #waiting: EnqueueCall<Request>[] = [];
  #waitingBytes = 0;
  readonly #inFlight = new Set<EnqueueCall<Request>>();
  #flushing = false;
  #spare: EnqueueCall<Request> | undefined;
  #scheduled = false;
  readonly #sweeper: NodeJS.Timeout;

  constructor(settings: Settings, settle: Settle<Request>, events: QueueEvents) {
    const keys: Keys = compileKeys(settings);
    this.connection = new Connection(settings, () => this.#probe(), events.onRedis);
    this.#confirmations = Confirmations.of(this.connection, settings);
    this.quarantine = new Quarantine(this.connection, keys, this.#confirmations);
    this.#constants = compileEnqueue(settings, keys);
    this.#jobs = new JobWriter(settings, keys);
    this.#settle = settle;
    this.#events = events;
    this.#open = this.#newCall();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL);
  }

  /**
   * Takes an update; `settle` is told what became of it.
   *
   * @throws Misfit when the job's format cannot hold it
   * @throws NotStored when Redis is away, or too much is waiting
   */
  add(bot: string, update: Update, request: Request): void {
    if (!this.connection.usable) throw new NotStored('Redis is away');
    if (this.#open.requests.length >= MAX_CALL_UPDATES || this.#open.size >= MAX_CALL_BYTES) this.#setAside();
    this.#open.add(bot, update, request, Date.now());
    if (this.#flushing || this.#scheduled) return;
    // The requests that arrived together are read one after another in this turn of the event loop.
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#flushing) void this.#flush();
    });
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.connection.close();
  }

  /** The open call is full: it waits its turn, and a new one is opened. */
  #setAside(): void {
    if (this.#waiting.length >= MAX_WAITING_CALLS || this.#waitingBytes >= MAX_WAITING_BYTES) {
      throw new NotStored('too many updates are waiting for Redis');
    }
    this.#waitingBytes += this.#open.size;
    this.#waiting.push(this.#open);
    this.#open = this.#newCall();
  }

  /** Sends the oldest call; behind its reply the next one, until nothing is left. */
  async #flush(): Promise<void> {
    this.#flushing = true;
    for (let call = this.#take(); call !== undefined; call = this.#take()) {
      if (this.#confirmations === undefined) await this.#deliver(call);
      else await this.#deliverAll(call);
    }
    this.#flushing = false;
  }

  /** A confirmation may take a second (everysec): all that wait share one, or most would wait for too long. */
  async #deliverAll(first: EnqueueCall<Request>): Promise<void> {
    const delivered: Array<Promise<void>> = [];
    for (let call: typeof first | undefined = first; call !== undefined; call = this.#take()) {
      delivered.push(this.#deliver(call));
    }
    await Promise.all(delivered);
  }

  async #deliver(call: EnqueueCall<Request>): Promise<void> {
    this.#inFlight.add(call);
    let outcomes: readonly Outcome[] | undefined;
    try {
      outcomes = await this.#send(call);
      this.connection.noteWrite();
    } catch (error) {
      this.connection.noteWrite(error as Error);
    }
    this.#inFlight.delete(call);
    this.#finish(call, outcomes);
    // A failed write may still be in the socket's hands: its buffer is left to it.
    if (outcomes !== undefined && call.reset()) this.#spare = call;
  }

  #take(): EnqueueCall<Request> | undefined {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      this.#waitingBytes -= waiting.size;
      return waiting;
    }
    if (this.#open.requests.length === 0) return undefined;
    const call = this.#open;
    this.#open = this.#spare ?? this.#newCall();
    this.#spare = undefined;
    return call;
  }

  async #send(call: EnqueueCall<Request>): Promise<readonly Outcome[]> {
    const now = Date.now();
    const updates = call.requests.length;
    try {
      return readOutcomes(await this.#run(call.command(now, 'EVALSHA')), updates);
    } catch (error) {
      // The script is not known there (a new server, SCRIPT FLUSH): it has not run, and EVAL brings it along.
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return readOutcomes(await this.#run(call.command(now, 'EVAL')), updates);
    }
  }

  /** What the script says, once it is confirmed. */
  #run(command: EnqueueCommand): Promise<unknown> {
    if (this.#confirmations === undefined) return this.connection.send(command);
    return this.#runConfirmed(command, this.#confirmations);
  }

  async #runConfirmed(command: EnqueueCommand, confirmations: Confirmations): Promise<unknown> {
    const replied = this.connection.send(command);
    const confirmed = confirmations.confirm();
    // What the script says comes first: where it failed, there is nothing to confirm.
    confirmed.catch(() => {});
    const reply = await replied;
    await confirmed;
    return reply;
  }

  async #probe(): Promise<void> {
    await this.#send(this.#newCall());
  }

  #finish(call: EnqueueCall<Request>, outcomes: readonly Outcome[] | undefined): void {
    let withoutHorizon = 0;
    let full = 0;
    const { requests } = call;
    for (let i = 0; i < requests.length; i++) {
      const outcome = outcomes?.[i];
      if (outcome === Outcome.WithoutHorizon) withoutHorizon++;
      else if (outcome === Outcome.Full) full++;
      const isStored = outcome !== Outcome.Refused && outcome !== Outcome.Full;
      this.#settle(requests[i]!, isStored ? outcome : undefined);
    }
    if (withoutHorizon > 0) this.#events.onWithoutHorizon(withoutHorizon);
    if (full > 0) this.#events.onFull(full);
  }

  /**
   * Answers what has waited too long. The update may still get to Redis: Telegram sends it again, and the
   * script knows it then.
   */
  #sweep(): void {
    const oldest = performance.now() - DEADLINE;
    for (const call of this.#inFlight) if (call.openedAt < oldest) this.#giveUp(call);
    while (this.#waiting[0] !== undefined && this.#waiting[0].openedAt < oldest) {
      const call = this.#waiting.shift()!;
      this.#waitingBytes -= call.size;
      this.#giveUp(call);
    }
    if (this.#open.requests.length > 0 && this.#open.openedAt < oldest) {
      const call = this.#open;
      this.#open = this.#newCall();
      this.#giveUp(call);
    }
  }

  #giveUp(call: EnqueueCall<Request>): void {
    this.#finish(call, undefined);
    call.requests.length = 0;
  }

  #newCall(): EnqueueCall<Request> {
    return new EnqueueCall(this.#constants, this.#jobs);
  }
}
