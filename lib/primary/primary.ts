import type { AddressInfo } from 'node:net';
import { StartError } from '../errors.js';
import type { Logger } from '../log.js';
import type { Settings } from '../settings/load.js';
import type { FromWorker } from '../worker/messages.js';
import { Dispatcher } from './dispatcher.js';
import { EventLog } from './events.js';
import { Places } from './places.js';
import { RedisHealth } from './redis-health.js';
import { WorkerProcess } from './worker-process.js';

/** A worker that dies young is replaced after 50 ms, 100 ms … at most this. */
const MAX_BACKOFF = 1000;
/** A worker that has lived this long has not died young. */
const LONG_LIFE = 10_000;
/** A new worker that is not ready by then never will be. Redis is given 2.5 s of it. */
const START_LIMIT = 20_000;
/** Workers are given this long to drain, and then killed. Of a reload that takes long, the last have less. */
const DRAIN_LIMIT = 7500;
const SHORTEST_DRAIN = 3000;

/** How a start went: the webhook's and the admin server's actual addresses. */
export interface Started {
  readonly host: string;
  readonly port: number;
  readonly admin: AddressInfo | undefined;
}

/** Whoever waits for a worker to become ready. */
interface Starting {
  readonly ready: () => void;
  readonly failed: (error: StartError) => void;
}

/**
 * Accepts connections and gives them to the workers; forks these, replaces those that die, and ends them. It
 * never touches an update.
 */
export class Primary {
  settings: Settings;
  /** It ends its workers, and starts none. */
  stopping = false;
  readonly #redis: RedisHealth;
  readonly #events: EventLog;
  readonly #workers = new Set<WorkerProcess>();
  readonly #starting = new Map<WorkerProcess, Starting>();
  readonly #dispatcher = new Dispatcher(() => this.#workers);
  readonly #places = new Places(this.#dispatcher, () => this.#notReady());
  #started = false;
  #earlyDeaths = 0;
  #lastId = 0;
  #completing: NodeJS.Timeout | undefined;
  #onStopped: (() => void) | undefined;

  constructor(
    settings: Settings,
    readonly log: Logger,
  ) {
    this.settings = settings;
    this.#redis = new RedisHealth(log);
    this.#events = new EventLog(log);
  }

  /**
   * @param problem what the look at Redis before the start has found, which the log has already
   * @returns undefined where it was stopped before it was ready
   * @throws StartError where it cannot listen, or a worker cannot be started
   */
  async start(problem: string | undefined): Promise<Started | undefined> {
    this.#redis.known(problem);
    const { settings } = this;
    try {
      this.#places.use(await this.#places.open(settings));
      await Promise.all(Array.from({ length: settings.TGOOK_WORKERS }, () => this.#startWorker(settings)));
    } catch (error) {
      if (this.stopping) return undefined;
      this.kill();
      this.#places.close();
      throw error;
    }
    if (this.stopping) return undefined;
    this.#started = true;
    return {
      host: settings.TGOOK_LISTEN_HOST,
      port: this.#dispatcher.address!.port,
      admin: this.#places.adminAddress,
    };
  }

  /** What keeps every worker from storing updates, or undefined while one can. */
  get redisProblem(): string | undefined {
    return this.#redis.notReady(this.#ready());
  }

  /**
   * Replaces the workers, one at a time, by workers with these settings: an old one drains when a new one is
   * ready in its place. Until the first new one is, everything is as before.
   *
   * @throws StartError when it cannot listen where these settings say, or a new worker cannot be started; where
   *   `settings` are the new ones then, some workers have them, and the others stay
   */
  async replaceWorkers(settings: Settings): Promise<void> {
    const begin = performance.now();
    const places = await this.#places.open(settings);
    try {
      await this.#startWorker(settings);
    } catch (error) {
      this.#places.leave(places);
      throw error;
    }
    if (this.stopping) return this.#places.leave(places);
    this.#places.use(places);
    this.settings = settings;
    while (!this.stopping) {
      const old = this.#active().find(worker => worker.settings !== settings);
      old?.drain(Math.max(begin + DRAIN_LIMIT - performance.now(), SHORTEST_DRAIN));
      const fresh = this.#active().filter(worker => worker.settings === settings).length;
      if (fresh < settings.TGOOK_WORKERS) await this.#startWorker(settings);
      else if (old === undefined) return;
    }
  }

  /** Drains all workers. Resolves when they are gone. */
  stop(): Promise<void> {
    this.stopping = true;
    this.#places.close();
    for (const worker of this.#workers) worker.drain(DRAIN_LIMIT);
    return new Promise(resolve => {
      this.#onStopped = () => {
        this.#events.flush();
        resolve();
      };
      if (this.#workers.size === 0) this.#onStopped();
    });
  }

  /** Ends all workers at once. */
  kill(): void {
    this.stopping = true;
    for (const worker of this.#workers) worker.kill();
  }

  /** Resolves when the new worker is ready. @throws StartError */
  #startWorker(settings: Settings): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.stopping) throw new StartError('tgook is stopping');
      this.#starting.set(this.#fork(settings), { ready: resolve, failed: reject });
    });
  }

  /** @throws StartError */
  #fork(settings: Settings): WorkerProcess {
    let worker: WorkerProcess;
    try {
      worker = new WorkerProcess(++this.#lastId, settings, {
        onMessage: (from, message) => this.#onMessage(from, message),
        onRoom: () => this.#dispatcher.dispatch(),
        onGone: (gone, cause) => this.#onGone(gone, cause),
      });
    } catch (error) {
      throw new StartError(`a worker cannot be started: ${(error as Error).message}`);
    }
    this.#workers.add(worker);
    setTimeout(() => {
      if (worker.state === 'starting') worker.kill();
    }, START_LIMIT).unref();
    return worker;
  }

  #onMessage(worker: WorkerProcess, message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.log.debug({ pid: worker.pid }, 'a worker is ready');
        this.#starting.get(worker)?.ready();
        this.#starting.delete(worker);
        break;
      case 'redis':
        this.#redis.tell(worker.id, message.problem);
        break;
      case 'events':
        this.#events.tell(message, worker.settings);
        break;
      case 'leaving':
        if (worker.state === 'draining' || this.stopping) break;
        this.log.info({ pid: worker.pid }, 'a worker was told to end, and is replaced');
        worker.drain(DRAIN_LIMIT);
        this.#complete();
        break;
    }
  }

  #onGone(worker: WorkerProcess, cause: string | number): void {
    this.#workers.delete(worker);
    this.#redis.forget(worker.id);
    for (const connection of worker.takeBack()) this.#dispatcher.give(connection);
    const starting = this.#starting.get(worker);
    this.#starting.delete(worker);
    starting?.failed(new StartError(`a worker ended with ${cause} before it was ready: see the lines above`));
    if (this.stopping) {
      if (this.#workers.size === 0) this.#onStopped?.();
      return;
    }
    if (worker.state === 'draining' || !this.#started) return;
    const isEarly = performance.now() - worker.bornAt < LONG_LIFE;
    this.#earlyDeaths = isEarly ? this.#earlyDeaths + 1 : 0;
    const delay = this.#earlyDeaths === 0 ? 0 : Math.min(50 * 2 ** (this.#earlyDeaths - 1), MAX_BACKOFF);
    // Of one that a reload waits for, the reload speaks.
    if (starting === undefined) {
      this.log.error({ pid: worker.pid, cause, restartMs: delay }, 'a worker died and is replaced');
    }
    this.#completeLater(delay);
  }

  #completeLater(delay: number): void {
    this.#completing ??= setTimeout(() => {
      this.#completing = undefined;
      this.#complete();
    }, delay);
  }

  /** Forks what is missing. */
  #complete(): void {
    try {
      while (!this.stopping && this.#active().length < this.settings.TGOOK_WORKERS) this.#fork(this.settings);
    } catch (error) {
      this.log.error((error as Error).message);
      this.#completeLater(MAX_BACKOFF);
    }
  }

  /** Those that serve, or will. */
  #active(): WorkerProcess[] {
    return [...this.#workers].filter(({ state }) => state !== 'draining');
  }

  #ready(): ReadonlySet<number> {
    return new Set([...this.#workers].filter(({ state }) => state === 'ready').map(({ id }) => id));
  }

  #notReady(): string | undefined {
    if (this.stopping) return 'tgook is stopping';
    const ready = this.#ready();
    if (ready.size === 0) return 'no worker is ready';
    return this.#redis.notReady(ready);
  }
}
