import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SettingError, type StartError } from '../errors.js';
import type { Settings } from '../settings/load.js';
import type { WorkerProcess } from './worker-process.js';

/** Connections that wait for a worker at most; beyond them they are closed. */
const MAX_WAITING = 16_384;

/** Where to listen. */
export type ListenSettings = Pick<Settings, 'TGOOK_LISTEN_HOST' | 'LISTEN_PORT'>;

/**
 * Accepts connections, and gives each to the worker that has the fewest.
 *
 * The cluster module could do so as well, but it forgets a connection that it has handed to a worker which is
 * killed before it took it: neither closed nor served, its client waits for its own timeout. Sharing the socket
 * between the workers leaves the choice to the kernel, which gives most of a burst to one of them.
 */
export class Dispatcher {
  #server: Server | undefined;
  #listens: ListenSettings | undefined;
  #waiting: Socket[] = [];

  /** @param workers all there are */
  constructor(readonly workers: () => Iterable<WorkerProcess>) {}

  get address(): AddressInfo | undefined {
    return this.#server?.address() as AddressInfo | undefined;
  }

  /**
   * Listens, in place of where it has listened before.
   *
   * @throws SettingError when it cannot; then everything stays as it was
   */
  async listen(settings: ListenSettings): Promise<void> {
    const { TGOOK_LISTEN_HOST: host, LISTEN_PORT: port } = settings;
    if (host === this.#listens?.TGOOK_LISTEN_HOST && port === this.#listens.LISTEN_PORT) return;
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
    this.#server?.close();
    this.#server = server;
    this.#listens = settings;
  }

  /** Accepts no more. Those that still wait for a worker are closed. */
  close(): void {
    this.#server?.close();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  /** A worker has room for more. */
  dispatch(): void {
    let given = 0;
    for (; given < this.#waiting.length; given++) {
      const worker = this.#leastBusy();
      if (worker === undefined) break;
      worker.give(this.#waiting[given]!);
    }
    if (given > 0) this.#waiting.splice(0, given);
  }

  /** Gives a connection to a worker, or keeps it until one has room. */
  give(socket: Socket): void {
    const worker = this.#waiting.length === 0 ? this.#leastBusy() : undefined;
    if (worker !== undefined) worker.give(socket);
    else if (this.#server?.listening && this.#waiting.length < MAX_WAITING) this.#waiting.push(socket);
    else socket.destroy();
  }

  #accept(socket: Socket & { server?: unknown }): void {
    socket.on('error', () => {});
    // Not in the types. With it Node would keep lists of the server's connections in all processes, which nobody
    // reads, and a tenth of the CPU time of a hand-over went there.
    socket.server = undefined;
    this.give(socket);
  }

  #leastBusy(): WorkerProcess | undefined {
    let least: WorkerProcess | undefined;
    for (const worker of this.workers()) {
      if (!worker.hasRoom) continue;
      if (least === undefined || worker.connections < least.connections) least = worker;
    }
    return least;
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
