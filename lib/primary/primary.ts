import cluster, { type Worker } from 'node:cluster';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SettingError, StartError } from '../errors.js';
import type { Logger } from '../log.js';
import { PACKAGE_ROOT } from '../paths.js';
import type { Settings } from '../settings/load.js';
import type { FromWorker, ToWorker } from '../worker/messages.js';
import { startAdmin } from './admin.js';
import { RedisHealth } from './redis-health.js';

/** A worker that dies young is replaced after 50 ms, 100 ms … at most this. */
const MAX_BACKOFF = 1000;
/** A worker that has lived this long has not died young. */
const LONG_LIFE = 10_000;
/** Workers are given this long to drain, and then killed. */
const DRAIN_LIMIT = 7500;

/** How a start went: the webhook's and the admin server's actual addresses. */
export interface Started {
  readonly host: string;
  readonly port: number;
  readonly admin: AddressInfo | undefined;
}

/** Forks the workers, replaces those that die, and ends them. It never touches an update. */
export class Primary {
  readonly #redis: RedisHealth;
  readonly #listening = new Set<number>();
  readonly #born = new Map<number, number>();
  #started = false;
  #stopping = false;
  #earlyDeaths = 0;
  #admin: Server | undefined;
  #port = 0;
  #onStarted: ((started: Started) => void) | undefined;
  #onFailed: ((error: StartError) => void) | undefined;
  #onStopped: (() => void) | undefined;

  constructor(
    readonly settings: Settings,
    readonly log: Logger,
  ) {
    this.#redis = new RedisHealth(log);
  }

  /** @param problem what the look at Redis before the start has found, which the log has already */
  async start(problem: string | undefined): Promise<Started> {
    this.#redis.known(problem);
    if (this.settings.TGOOK_ADMIN !== 'off') {
      this.#admin = await startAdmin(this.settings.TGOOK_ADMIN, () => this.#notReady());
    }
    // An update leaves nothing behind that is young for long: V8's default of three times 16 MB would only make
    // every worker 20 MB larger (npm run bench, resident: 107 to 87 MB), and is no faster.
    const execArgv = ['--max-semi-space-size=4'];
    cluster.setupPrimary({ exec: `${PACKAGE_ROOT}dist/lib/worker/main.js`, args: [], execArgv });
    cluster.on('message', (worker, message: FromWorker) => this.#onMessage(worker, message));
    cluster.on('listening', (worker, address) => this.#onListening(worker, address.port));
    cluster.on('exit', (worker, code, signal) => this.#onExit(worker, signal ?? code));
    return new Promise((resolve, reject) => {
      this.#onStarted = resolve;
      this.#onFailed = reject;
      for (let i = 0; i < this.settings.TGOOK_WORKERS; i++) this.#fork();
    });
  }

  /** Drains all workers. Resolves when they are gone. */
  stop(): Promise<void> {
    this.#stopping = true;
    this.#admin?.close();
    this.#admin?.closeAllConnections();
    for (const worker of workers()) tell(worker, { type: 'drain' });
    setTimeout(() => this.kill(), DRAIN_LIMIT).unref();
    return new Promise(resolve => {
      this.#onStopped = resolve;
      if (workers().length === 0) resolve();
    });
  }

  /** Ends all workers at once. */
  kill(): void {
    this.#stopping = true;
    for (const worker of workers()) worker.process.kill('SIGKILL');
  }

  #fork(): void {
    if (this.#stopping) return;
    const worker = cluster.fork();
    this.#born.set(worker.id, Date.now());
    worker.on('error', (error: NodeJS.ErrnoException) => {
      // Without a pid the system could not make the process, and no exit will follow. Any other error is of the
      // channel, which may close under a message: the exit that follows says all there is to say.
      if (worker.process.pid === undefined) this.#onExit(worker, error.code ?? error.message);
    });
  }

  #onListening(worker: Worker, port: number): void {
    this.#listening.add(worker.id);
    this.#port = port;
    this.log.debug({ pid: worker.process.pid, port }, 'a worker is listening');
    if (this.#started || this.#listening.size < this.settings.TGOOK_WORKERS) return;
    this.#started = true;
    const admin = this.#admin?.address();
    this.#onStarted?.({
      host: this.settings.TGOOK_LISTEN_HOST,
      port: this.#port,
      admin: typeof admin === 'object' && admin !== null ? admin : undefined,
    });
  }

  #onMessage(worker: Worker, message: FromWorker): void {
    switch (message.type) {
      case 'awake':
        tell(worker, this.#stopping ? { type: 'drain' } : { type: 'start', settings: this.settings });
        break;
      case 'redis':
        this.#redis.tell(worker.id, message.problem);
        break;
      case 'cannot-listen':
        if (!this.#started) this.#fail(listenError(this.settings, message.code));
        break;
      case 'events':
        this.#logEvents(message);
        break;
    }
  }

  #logEvents(events: Extract<FromWorker, { type: 'events' }>): void {
    const { quarantined, notQuarantined, problem, last, lost, lostIds, withoutHorizon } = events;
    if (last !== undefined) {
      this.log.warn({ quarantined, ...last }, 'an update does not fit the job and is kept in quarantine');
    }
    if (notQuarantined > 0) {
      this.log.error(
        { updates: notQuarantined, problem },
        'the quarantine takes no updates: they are answered 503',
      );
    }
    if (lost > 0)
      this.log.error({ lost, updates: lostIds }, 'the quarantine is full: its oldest updates are lost');
    if (withoutHorizon > 0) {
      this.log.warn({ jobs: withoutHorizon }, "jobs are queued, but Horizon's keys cannot be written");
    }
  }

  #onExit(worker: Worker, cause: string | number): void {
    const age = Date.now() - (this.#born.get(worker.id) ?? 0);
    this.#born.delete(worker.id);
    this.#listening.delete(worker.id);
    this.#redis.forget(worker.id);
    if (this.#stopping) {
      if (workers().length === 0) this.#onStopped?.();
      return;
    }
    if (!this.#started) {
      this.#fail(new StartError(`a worker ended with ${cause} before it could listen: see the lines above`));
      return;
    }
    this.#earlyDeaths = age < LONG_LIFE ? this.#earlyDeaths + 1 : 0;
    const delay = this.#earlyDeaths === 0 ? 0 : Math.min(50 * 2 ** (this.#earlyDeaths - 1), MAX_BACKOFF);
    this.log.error({ pid: worker.process.pid, cause, restartMs: delay }, 'a worker died and is replaced');
    setTimeout(() => this.#fork(), delay);
  }

  #fail(error: StartError): void {
    this.kill();
    this.#admin?.close();
    this.#onFailed?.(error);
  }

  #notReady(): string | undefined {
    if (this.#stopping) return 'tgook is stopping';
    if (this.#listening.size === 0) return 'no worker is listening';
    return this.#redis.notReady(this.#listening);
  }
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(
    worker => worker !== undefined && !worker.isDead(),
  ) as Worker[];
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

function listenError(settings: Settings, code: string): StartError {
  const { LISTEN_PORT: port, TGOOK_LISTEN_HOST: host } = settings;
  switch (code) {
    case 'EADDRINUSE':
      return new SettingError(
        'LISTEN_PORT',
        `${port} is in use by another program: stop it or take another`,
        '9080',
      );
    case 'EACCES':
      return new SettingError(
        'LISTEN_PORT',
        `${port} is not allowed to this user: take one above 1023`,
        '9070',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new SettingError('TGOOK_LISTEN_HOST', `${host} is not an address of this machine`, '0.0.0.0');
    default:
      return new SettingError('LISTEN_PORT', `${port} on ${host} cannot be listened on (${code})`, '9070');
  }
}
