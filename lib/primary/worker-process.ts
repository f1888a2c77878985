import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { PACKAGE_ROOT } from '../paths.js';
import type { Settings } from '../settings/load.js';
import type { FromWorker, ToWorker } from '../worker/messages.js';

/**
 * An update leaves nothing behind that is young for long: V8's default of three times 16 MB would only make every
 * worker 20 MB larger (npm run bench, resident: 107 to 87 MB), and is no faster.
 */
const EXEC_ARGV = ['--max-semi-space-size=4'];

/** Milliseconds after which a connection that a worker has not confirmed is closed here. */
const HAND_OVER_LIMIT = 5000;

/** What a worker process tells whoever forked it. */
export interface WorkerProcessEvents {
  readonly onMessage: (worker: WorkerProcess, message: FromWorker) => void;
  /** It is gone, and all that it has said was told. `cause` is its exit code, signal, or why it could not start. */
  readonly onGone: (worker: WorkerProcess, cause: string | number) => void;
}

/** One worker process, as the primary sees it. */
export class WorkerProcess {
  /** `ready` takes connections; `draining` answers what it has, and ends. */
  state: 'starting' | 'ready' | 'draining' = 'starting';
  /** Connections that it has, and those on their way to it. */
  connections = 0;
  readonly bornAt = performance.now();
  readonly #process: ChildProcess;
  /**
   * Connections on their way, by id. They are kept open here until the worker has confirmed them, so that those
   * of a worker that is killed first can be given to another one.
   */
  readonly #handed = new Map<number, Socket>();
  #lastId = 0;

  constructor(
    readonly id: number,
    readonly settings: Settings,
    events: WorkerProcessEvents,
  ) {
    this.#process = fork(`${PACKAGE_ROOT}dist/lib/worker/main.js`, { execArgv: EXEC_ARGV });
    this.#process.on('message', (message: FromWorker) => {
      this.#note(message);
      events.onMessage(this, message);
    });
    this.#process.on('error', (error: NodeJS.ErrnoException) => {
      // Without a pid the system could not make the process, and no 'close' will follow. Any other error is of
      // the channel, which may close under a message: the 'close' that follows says all there is to say.
      if (this.pid === undefined) events.onGone(this, error.code ?? error.message);
    });
    // Unlike 'exit' it comes behind the last message.
    this.#process.on('close', (code, signal) => {
      events.onGone(this, signal ?? code ?? 'no exit code');
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Hands a connection over. */
  give(socket: Socket): void {
    const id = ++this.#lastId;
    this.#handed.set(id, socket);
    this.connections++;
    this.#send({ type: 'connection', id }, socket);
    setTimeout(() => this.#giveUp(id), HAND_OVER_LIMIT).unref();
  }

  /** The connections that it was given and has not confirmed. It is gone: it will not. */
  takeBack(): Socket[] {
    const sockets = [...this.#handed.values()];
    this.#handed.clear();
    return sockets;
  }

  drain(): void {
    this.state = 'draining';
    this.#send({ type: 'drain' });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #note(message: FromWorker): void {
    switch (message.type) {
      case 'awake':
        if (this.state === 'draining') this.#send({ type: 'drain' });
        else this.#send({ type: 'start', settings: this.settings });
        break;
      case 'ready':
        if (this.state === 'starting') this.state = 'ready';
        break;
      case 'taken':
        this.#confirm(message.id);
        break;
      case 'closed':
        this.connections -= message.connections;
        break;
    }
  }

  #confirm(id: number): void {
    const socket = this.#handed.get(id);
    this.#handed.delete(id);
    // Closes the descriptor of this process alone: the connection stays.
    if (socket !== undefined) socket.destroy();
    else this.connections++;
  }

  /**
   * Where its descriptors are exhausted the system drops what was handed to a worker, without a word. The worker
   * may as well be only slow, and must never share the connection with another: closing it here hurts neither.
   */
  #giveUp(id: number): void {
    const socket = this.#handed.get(id);
    if (socket === undefined) return;
    this.#handed.delete(id);
    this.connections--;
    socket.destroy();
  }

  #send(message: ToWorker, socket?: Socket): void {
    // Where the channel is closed already, 'close' follows.
    const ignore = () => {};
    if (socket === undefined) this.#process.send(message, ignore);
    else this.#process.send(message, socket, { keepOpen: true }, ignore);
  }
}
