import { type Command, Redis, type RedisOptions } from 'ioredis';
import { NotStored } from '../errors.js';
import type { Settings } from '../settings/load.js';
import { databaseOfUrl } from '../settings/values.js';
import { describeProblem, NO_ANSWER } from './problems.js';

/** How long a connection that turned out unfit rests before it is tried again, in milliseconds. */
const RETRY = 1000;

/** How long the first word on a connection is waited for: Redis may be loading, or silent. */
const FIRST_WORD = 2500;

const CONNECTING = 'connecting';

/** The database that the settings name. */
export function databaseOf(settings: Settings): number {
  if (settings.REDIS_URL === undefined) return settings.REDIS_DB;
  return Number(databaseOfUrl(new URL(settings.REDIS_URL)) ?? settings.REDIS_DB);
}

/** The setting that names the database. */
export function databaseSetting(settings: Settings): 'REDIS_URL' | 'REDIS_DB' {
  const inUrl = settings.REDIS_URL !== undefined && databaseOfUrl(new URL(settings.REDIS_URL)) !== undefined;
  return inUrl ? 'REDIS_URL' : 'REDIS_DB';
}

/**
 * The client's options. Nothing is queued while Redis is away and nothing is sent twice: a command that
 * failed is Telegram's to repeat, and the script's to recognize.
 */
export function clientOptions(settings: Settings): RedisOptions & { replyMapping?: 'legacy' } {
  return {
    ...place(settings),
    db: databaseOf(settings),
    // RESP 2 needs no HELLO, and no reply of ours differs between the two.
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    // 0 rejects what is in flight when the socket closes; without it those promises never settle.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 2000,
    // Ends half-open sockets, and before the command's own timeout, so that no late reply can come.
    socketTimeout: 1500,
    connectTimeout: 2000,
    disconnectTimeout: 300,
    // Anything but a number would end the client for good.
    retryStrategy: attempt => Math.min(50 * 2 ** (attempt - 1), 400) + Math.random() * 100,
    enableReadyCheck: true,
    maxLoadingRetryTime: 1000,
    // Reconnects to find the new primary after a failover, without sending the command again.
    reconnectOnError: error => (error.message.startsWith('READONLY') ? 1 : false),
    enableAutoPipelining: false,
    keyPrefix: '',
  };
}

type Place = Pick<RedisOptions, 'host' | 'port' | 'path' | 'tls' | 'username' | 'password'>;

function place(settings: Settings): Place {
  const { REDIS_USERNAME: username, REDIS_PASSWORD: password, REDIS_PORT: port } = settings;
  const user = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
  if (settings.REDIS_URL !== undefined) return { ...user, ...placeOfUrl(new URL(settings.REDIS_URL), port) };
  return {
    ...(settings.REDIS_HOST.startsWith('/')
      ? { path: settings.REDIS_HOST }
      : { host: settings.REDIS_HOST, port }),
    ...user,
  };
}

/** What the URL leaves out is left to the other settings, as in Laravel; a user and a password belong together. */
function placeOfUrl(url: URL, port: number): Place {
  const hasUser = url.username !== '' || url.password !== '';
  return {
    ...(url.protocol === 'unix:'
      ? { path: decodeURIComponent(url.pathname) }
      : { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || port) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
    ...(hasUser && {
      username: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    }),
  };
}

/**
 * One worker's connection. It is usable once the server itself has said that it is on the right database: a
 * SELECT that failed leaves the client "ready" on database 0, where no worker looks.
 */
export class Connection {
  readonly redis: Redis;
  /** Commands may be sent. */
  usable = false;
  #problem: string | undefined = CONNECTING;
  #probing: NodeJS.Timeout | undefined;
  #closed = false;
  #onFirstWord: (() => void) | undefined;

  /**
   * @param probe rejects where no job could be stored now
   * @param onChange told the problem in one line, or undefined once Redis takes writes
   */
  constructor(
    readonly settings: Settings,
    readonly probe: () => Promise<unknown>,
    readonly onChange: (problem: string | undefined) => void,
  ) {
    this.redis = new Redis(clientOptions(settings));
    this.redis.on('ready', () => void this.#examine());
    this.redis.on('close', () => {
      this.usable = false;
      // Behind a problem that is known, a close is only its echo.
      if (this.#problem !== undefined && this.#problem !== CONNECTING) return;
      this.#lose(new Error('the connection was lost'));
    });
    this.redis.on('error', (error: Error) => this.#lose(error));
  }

  /** Connects. Resolves with the first word on how that went; what fails is tried again for ever. */
  open(): Promise<void> {
    this.redis.connect().catch(() => {});
    return new Promise(resolve => {
      const timer = setTimeout(
        () => this.#report(describeProblem(this.settings, new Error(NO_ANSWER))),
        FIRST_WORD,
      );
      this.#onFirstWord = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /**
   * Sends a command.
   *
   * @throws NotStored at once when the connection is not usable
   */
  send(command: Command): Promise<unknown> {
    if (!this.usable) return Promise.reject(new NotStored(this.#problem));
    return this.redis.sendCommand(command) as Promise<unknown>;
  }

  /** Told of every write that Redis took or refused; after a refusal it asks until writes are taken again. */
  noteWrite(error?: Error): void {
    if (error === undefined) {
      if (this.#problem !== undefined && this.usable) this.#report(undefined);
    } else if (this.usable) {
      this.#report(describeProblem(this.settings, error));
      this.#probeLater();
    }
  }

  close(): void {
    this.#closed = true;
    this.usable = false;
    clearTimeout(this.#probing);
    this.redis.disconnect();
  }

  /** A new connection: is it the right database, and does it take writes? */
  async #examine(): Promise<void> {
    const { stream } = this.redis;
    try {
      const info = await this.redis.client('INFO');
      const actual = Number(/ db=(\d+)/.exec(String(info))?.[1]);
      const wanted = databaseOf(this.settings);
      if (actual !== wanted)
        throw new Error(`database ${wanted} cannot be selected: check ${databaseSetting(this.settings)}`);
      this.usable = true;
      await this.#probe();
    } catch (error) {
      this.#lose(error as Error);
      // By then another connection may stand, which is not to be blamed.
      setTimeout(() => {
        if (!this.#closed && this.redis.stream === stream) this.redis.disconnect(true);
      }, RETRY).unref();
    }
  }

  async #probe(): Promise<void> {
    try {
      await this.probe();
      this.noteWrite();
    } catch (error) {
      this.noteWrite(error as Error);
    }
  }

  #probeLater(): void {
    if (this.#probing !== undefined || this.#closed) return;
    this.#probing = setTimeout(() => {
      this.#probing = undefined;
      if (this.usable && this.#problem !== undefined) void this.#probe();
    }, RETRY);
  }

  #lose(error: Error): void {
    this.usable = false;
    if (!this.#closed) this.#report(describeProblem(this.settings, error));
  }

  #report(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#onFirstWord?.();
    this.onChange(problem);
  }
}
