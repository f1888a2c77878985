import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SettingError, type StartError } from '../errors.js';
import type { Settings } from '../settings/load.js';
import type { Accepted, WorkerProcess } from './worker-process.js';

/** Connections that wait for a worker at most; beyond them they are closed. */
const MAX_WAITING = 16_384;
/**
 * Where no worker has taken one for so many milliseconds, those that were accepted before that are closed: nobody shall
 * wait for longer than 3.5 s, and who is closed comes again.
 */
const WAITING_LIMIT = 2000;

/** A port that is listened on, and not yet the one of tgook. */
export interface Listener {
  readonly settings: ListenSettings;
  readonly server: Server;
}

/** Where to listen. */
export type ListenSettings = Pick<Settings, 'TGOOK_LISTEN_HOST' | 'LISTEN_PORT'>;

/**
 * Accepts connections, and gives each to the worker that has the fewest and takes them.
 *
 * The cluster module could do so as well, but it forgets a connection that it has handed to a worker which is
 * killed before it took it: neither closed nor served, its client waits for its own timeout. Sharing the socket
 * between the workers leaves the choice to the kernel, which gives most of a burst to one of them.
 */
export class Dispatcher {
  #server: Server | undefined;
  #listens: ListenSettings | undefined;
  #waiting: Accepted[] = [];
  /** When a worker took one of them last. */
  #movedAt = 0;
  #sweeper: NodeJS.Timeout | undefined;

  /** @param workers all there are */
  constructor(readonly workers: () => Iterable<WorkerProcess>) {}

  get address(): AddressInfo | undefined {
    return this.#server?.address() as AddressInfo | undefined;
  }

  /**
   * Listens, beside where it listens already.
   *
   * @returns undefined where that is the same place
   * @throws SettingError when it cannot
   */
  async listen(settings: ListenSettings): Promise<Listener | undefined> {
    const { TGOOK_LISTEN_HOST: host, LISTEN_PORT: port } = settings;
    if (host === this.#listens?.TGOOK_LISTEN_HOST && port === this.#listens.LISTEN_PORT) return undefined;
    // Its sockets are not read here: not one byte may be missing where they go.
    const server = createServer({ pauseOnConnect: true, noDelay: true }, socket => this.#accept(socket));
    try {
      // The backlog is the kernel's to bound (net.core.somaxconn).
      server.listen({ host, port, backlog: 4096 });
      await once(server, 'listening');
    } catch (error) {
      throw this.#listenError(settings, (error as NodeJS.ErrnoException).code ?? String(error));
    }
    // The system may have no descriptor left for a connection: the next one is accepted again.
    server.on('error', () => {});
    return { settings, server };
  }

  /** From now on this is where it listens. */
  use(listener: Listener | undefined): void {
    if (listener === undefined) return;
    this.#server?.close();
    this.#server = listener.server;
    this.#listens = listener.settings;
  }

  /** Accepts no more. Those that still wait for a worker are closed. */
  close(): void {
    this.#server?.close();
    this.#drop(() => true);
  }

  /** A worker has room for more. */
  dispatch(): void {
    let given = 0;
    for (; given < this.#waiting.length; given++) {
      const worker = this.#freest();
      if (worker === undefined) break;
      worker.give(this.#waiting[given]!);
    }
    if (given === 0) return;
    this.#waiting.splice(0, given);
    this.#movedAt = performance.now();
  }

  /** Gives a connection to a worker, or keeps it until one has room. */
  give(connection: Accepted): void {
    const worker = this.#waiting.length === 0 ? this.#freest() : undefined;
    if (worker !== undefined) worker.give(connection);
    else if (this.#waiting.length < MAX_WAITING) this.#wait(connection);
    else connection.socket.destroy();
  }

  #wait(connection: Accepted): void {
    this.#waiting.push(connection);
    this.#sweeper ??= setTimeout(this.#sweep, WAITING_LIMIT / 8);
  }

  readonly #sweep = (): void => {
    const limit = performance.now() - WAITING_LIMIT;
    if (this.#movedAt < limit) this.#drop(({ at }) => at < limit);
    this.#sweeper = this.#waiting.length > 0 ? setTimeout(this.#sweep, WAITING_LIMIT / 8) : undefined;
  };

  #drop(isDropped: (connection: Accepted) => boolean): void {
    const dropped = this.#waiting.filter(isDropped);
    this.#waiting = this.#waiting.filter(connection => !isDropped(connection));
    for (const { socket } of dropped) socket.destroy();
  }

  #accept(socket: Socket & { server?: unknown }): void {
    socket.on('error', () => {});
    // Not in the types. With it Node would keep lists of the server's connections in all processes, which nobody
    // reads, and a tenth of the CPU time of a hand-over went there.
    socket.server = undefined;
    this.give({ socket, at: performance.now() });
  }

  #freest(): WorkerProcess | undefined {
    let freest: WorkerProcess | undefined;
    for (const worker of this.workers()) {
      if (!worker.hasRoom) continue;
      if (freest === undefined || worker.isFreerThan(freest)) freest = worker;
    }
    return freest;
  }

  #listenError(settings: ListenSettings, code: string): StartError {
    const { LISTEN_PORT: port, TGOOK_LISTEN_HOST: host } = settings;
    switch (code) {
      case 'EADDRINUSE':
        return port === this.#listens?.LISTEN_PORT
          ? new SettingError(
              'TGOOK_LISTEN_HOST',
              `cannot change while tgook itself has port ${port}: restart it, or take another LISTEN_PORT too`,
              this.#listens.TGOOK_LISTEN_HOST,
            )
          : new SettingError(
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
}
