import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { StartError } from '../errors.js';
import type { Logger } from '../log.js';
import type { Settings } from '../settings/load.js';
import type { FromWorker } from '../worker/messages.js';
import { startAdmin } from './admin.js';
import { Dispatcher } from './dispatcher.js';
import { logEvents } from './events.js';
import { RedisHealth } from './redis-health.js';
import { WorkerProcess } from './worker-process.js';

/** A worker that dies young is replaced after 50 ms, 100 ms … at most this. */
const MAX_BACKOFF = 1000;
/** A worker that has lived this long has not died young. */
const LONG_LIFE = 10_000;
/** A new worker that is not ready by then never will be. Redis is given 2.5 s of it. */
const START_LIMIT = 20_000;
/** Workers are given this long to drain, and then killed. */
const DRAIN_LIMIT = 7500;

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
  readonly #redis: RedisHealth;
  readonly #workers = new Set<WorkerProcess>();
  readonly #starting = new Map<WorkerProcess, Starting>();
  readonly #dispatcher = new Dispatcher(() => this.#workers);
  #started = false;
  /** It ends its workers, and starts none. */
  stopping = false;
  #earlyDeaths = 0;
  #lastId = 0;
  #admin: Server | undefined;
  #onStopped: (() => void) | undefined;

  constructor(
    settings: Settings,
    readonly log: Logger,
  ) {
    this.settings = settings;
    this.#redis = new RedisHealth(log);
  }

  /**
   * @param problem what the look at Redis before the start has found, which the log has already
   * @throws StartError where it cannot listen, or a worker cannot be started
   */
  async start(problem: string | undefined): Promise<Started> {
    this.#redis.known(problem);
    try {
      this.#admin = await this.#listen(this.settings);
      await Promise.all(Array.from({ length: this.settings.TGOOK_WORKERS }, () => this.#startWorker()));
    } catch (error) {
      this.kill();
      this.#dispatcher.close();
      this.#admin?.close();
      throw error;
    }
    this.#started = true;
    return {
      host: this.settings.TGOOK_LISTEN_HOST,
      port: this.#dispatcher.address!.port,
      admin: (this.#admin?.address() ?? undefined) as AddressInfo | undefined,
    };
  }

  /** What keeps every worker from storing updates, or undefined while one can. */
  get redisProblem(): string | undefined {
    return this.#redis.notReady(this.#ready());
  }

  /**
   * Replaces the workers, one at a time, by workers with these settings: an old one drains when a new one is
   * ready in its place.
   *
   * @throws StartError when it cannot listen where these settings say, and everything stays as it was, or when a
   *   new worker cannot be started, and the old ones that are left stay
   */
  async replaceWorkers(settings: Settings): Promise<void> {
    const admin = await this.#listen(settings);
    if (admin !== this.#admin) this.#admin?.close();
    this.#admin = admin;
    this.settings = settings;
    while (!this.stopping) {
      const old = this.#active().find(worker => worker.settings !== settings);
      const isShort =
        this.#active().filter(worker => worker.settings === settings).length < settings.TGOOK_WORKERS;
      if (isShort) await this.#startWorker();
      else if (old === undefined) return;
      if (old !== undefined) this.#drain(old);
    }
  }

  /** Drains all workers. Resolves when they are gone. */
  stop(): Promise<void> {
    this.stopping = true;
    this.#admin?.close();
    this.#admin?.closeAllConnections();
    this.#dispatcher.close();
    for (const worker of this.#workers) worker.drain();
    setTimeout(() => this.kill(), DRAIN_LIMIT).unref();
    return new Promise(resolve => {
      this.#onStopped = resolve;
      if (this.#workers.size === 0) resolve();
    });
  }

  /** Ends all workers at once. */
  kill(): void {
    this.stopping = true;
    for (const worker of this.#workers) worker.kill();
  }

  /** Listens where the settings say; where that has not changed, nothing happens. Returns the admin server. */
  async #listen(settings: Settings): Promise<Server | undefined> {
    const { TGOOK_ADMIN: address } = settings;
    const isSame = this.#admin !== undefined && isDeepStrictEqual(address, this.settings.TGOOK_ADMIN);
    const admin =
      isSame || address === 'off' ? this.#admin : await startAdmin(address, () => this.#notReady());
    try {
      await this.#dispatcher.listen(settings);
    } catch (error) {
      if (admin !== this.#admin) admin?.close();
      throw error;
    }
    return address === 'off' ? undefined : admin;
  }

  /** Resolves when the new worker is ready. @throws StartError */
  #startWorker(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = this.#fork();
      const late = () => {
        worker.kill();
        reject(new StartError(`a worker was not ready within ${START_LIMIT / 1000} s`));
      };
      const timer = setTimeout(late, START_LIMIT);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        this.#starting.delete(worker);
        then();
      };
      this.#starting.set(worker, {
        ready: () => settle(resolve),
        failed: error => settle(() => reject(error)),
      });
    });
  }

  #fork(): WorkerProcess {
    const worker = new WorkerProcess(++this.#lastId, this.settings, {
      onMessage: (from, message) => this.#onMessage(from, message),
      onRoom: () => this.#dispatcher.dispatch(),
      onGone: (gone, cause) => this.#onGone(gone, cause),
    });
    this.#workers.add(worker);
    return worker;
  }

  #onMessage(worker: WorkerProcess, message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.log.debug({ pid: worker.pid }, 'a worker is ready');
        this.#dispatcher.dispatch();
        this.#starting.get(worker)?.ready();
        break;
      case 'redis':
        this.#redis.tell(worker.id, message.problem);
        break;
      case 'events':
        logEvents(this.log, message, worker.settings);
        break;
      case 'leaving':
        if (worker.state === 'draining' || this.stopping) break;
        this.log.info({ pid: worker.pid }, 'a worker was told to end, and is replaced');
        this.#drain(worker);
        this.#complete();
        break;
    }
  }

  #onGone(worker: WorkerProcess, cause: string | number): void {
    this.#workers.delete(worker);
    this.#redis.forget(worker.id);
    for (const socket of worker.takeBack()) this.#dispatcher.give(socket);
    this.#starting
      .get(worker)
      ?.failed(new StartError(`a worker ended with ${cause} before it was ready: see the lines above`));
    if (this.stopping) {
      if (this.#workers.size === 0) this.#onStopped?.();
      return;
    }
    if (worker.state === 'draining' || !this.#started) return;
    const isEarly = performance.now() - worker.bornAt < LONG_LIFE;
    this.#earlyDeaths = isEarly ? this.#earlyDeaths + 1 : 0;
    const delay = this.#earlyDeaths === 0 ? 0 : Math.min(50 * 2 ** (this.#earlyDeaths - 1), MAX_BACKOFF);
    this.log.error({ pid: worker.pid, cause, restartMs: delay }, 'a worker died and is replaced');
    setTimeout(() => this.#complete(), delay);
  }

  /** Forks what is missing. */
  #complete(): void {
    while (!this.stopping && this.#active().length < this.settings.TGOOK_WORKERS) this.#fork();
  }

  #drain(worker: WorkerProcess): void {
    worker.drain();
    setTimeout(() => worker.kill(), DRAIN_LIMIT).unref();
  }

  /** Those that serve, or will. */
  #active(): WorkerProcess[] {
    return [...this.#workers].filter(({ state }) => state === 'starting' || state === 'ready');
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
