import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { PACKAGE_ROOT } from '../paths.js';
import type { Settings } from '../settings/load.js';
import type { FromWorker, ToWorker } from '../worker/messages.js';

/**
 * An update leaves nothing behind that is young for long: V8's default of three times 16 MB would only make every
 * worker 20 MB larger (npm run bench, resident: 107 to 87 MB), and is no faster.
 */
const EXEC_ARGV = ['--max-semi-space-size=4'];

/** Connections on their way to a worker at most: the others wait for whichever worker is free first. */
const WINDOW = 16;
/** A worker that has confirmed nothing for so many milliseconds is stuck, or out of descriptors. */
const STUCK_AFTER = 2000;
/**
 * Nobody shall wait for longer than 3.5 s: one that was accepted so many milliseconds ago, and has been with others
 * before, is closed as soon as a worker seems stuck.
 */
const LATE_AFTER = 2750;
const SEEMS_STUCK_AFTER = 500;
const LOOK_INTERVAL = 250;

/** A connection that was accepted, and is not a worker's yet. */
export interface Accepted {
  readonly socket: Socket;
  /** By performance.now(). */
  readonly at: number;
}

/** What a worker process tells whoever forked it. */
export interface WorkerProcessEvents {
  readonly onMessage: (worker: WorkerProcess, message: FromWorker) => void;
  /** It may have room for connections again. */
  readonly onRoom: () => void;
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
  readonly #handed = new Map<number, Accepted>();
  #window = WINDOW;
  #drainWithin = 0;
  #lastId = 0;
  /** When the worker has last confirmed one, or was given the first after none were on their way. */
  #movedAt = 0;
  #watch: NodeJS.Timeout | undefined;
  readonly #onRoom: () => void;

  constructor(
    readonly id: number,
    readonly settings: Settings,
    events: WorkerProcessEvents,
  ) {
    this.#onRoom = events.onRoom;
    this.#process = fork(`${PACKAGE_ROOT}dist/lib/worker/main.js`, { execArgv: EXEC_ARGV });
    this.#process.on('message', (message: FromWorker) => {
      this.#note(message);
      events.onMessage(this, message);
    });
    // Where the system could not make the process, 'close' follows with a negative code; where the channel has
    // closed under a message, with all there is to say.
    this.#process.on('error', ignore);
    // Unlike 'exit' it comes behind the last message.
    this.#process.on('close', (code, signal) => {
      events.onGone(this, signal ?? (code !== null && code < 0 ? getSystemErrorName(code) : (code ?? 0)));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Another connection can be handed over. */
  get hasRoom(): boolean {
    return this.state === 'ready' && this.#handed.size < this.#window;
  }

  /** Whether the next connection is for this one rather than for the other. */
  isFreerThan(other: WorkerProcess): boolean {
    if (this.#window !== other.#window) return this.#window > other.#window;
    // What a worker has not confirmed yet comes first: one that hangs keeps its few connections.
    if (this.#handed.size !== other.#handed.size) return this.#handed.size < other.#handed.size;
    return this.connections < other.connections;
  }

  /** Hands a connection over. */
  give(connection: Accepted): void {
    const id = ++this.#lastId;
    if (this.#handed.size === 0) this.#movedAt = performance.now();
    this.#handed.set(id, connection);
    this.connections++;
    this.#send({ type: 'connection', id }, connection.socket);
    this.#watch ??= setTimeout(this.#lookIfStuck, LOOK_INTERVAL);
  }

  /** The connections that it was given and has not confirmed. It is gone: it will not. */
  takeBack(): Accepted[] {
    clearTimeout(this.#watch);
    const connections = [...this.#handed.values()];
    this.#handed.clear();
    return connections;
  }

  /** @param within milliseconds, after which it is killed */
  drain(within: number): void {
    this.state = 'draining';
    this.#drainWithin = within;
    this.#send({ type: 'drain', within });
    setTimeout(() => this.kill(), within).unref();
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #note(message: FromWorker): void {
    // It is alive, and may have descriptors again.
    this.#window = WINDOW;
    switch (message.type) {
      case 'awake':
        if (this.state === 'draining') this.#send({ type: 'drain', within: this.#drainWithin });
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
    this.#onRoom();
  }

  #confirm(id: number): void {
    this.#movedAt = performance.now();
    // One that was given up has arrived after all, or is closed: the worker says so next.
    if (!this.#handed.has(id)) this.connections++;
    for (const [handed, { socket }] of this.#handed) {
      if (handed > id) break;
      // They arrive in their order: what was handed over before has been dropped on its way, where the worker is
      // out of descriptors.
      if (handed < id) this.connections--;
      this.#release(handed, socket);
    }
  }

  readonly #lookIfStuck = (): void => {
    this.#watch = undefined;
    const [oldest] = this.#handed.values();
    if (oldest === undefined) return;
    const now = performance.now();
    const still = now - this.#movedAt;
    if (still > STUCK_AFTER || (still > SEEMS_STUCK_AFTER && now - oldest.at > LATE_AFTER)) this.#giveUp();
    else this.#watch = setTimeout(this.#lookIfStuck, LOOK_INTERVAL);
  };

  /**
   * Closes what is on its way; its clients connect again. The worker may be only slow, and must never share a
   * connection with another. Until it says something, it gets one at a time, and only where nobody else has room.
   */
  #giveUp(): void {
    this.#window = 1;
    this.connections -= this.#handed.size;
    for (const [id, { socket }] of this.#handed) this.#release(id, socket);
    this.#onRoom();
  }

  /** Closes the descriptor of this process alone: a connection that has arrived stays. */
  #release(id: number, socket: Socket): void {
    this.#handed.delete(id);
    socket.destroy();
  }

  #send(message: ToWorker, socket?: Socket): void {
    if (socket === undefined) this.#process.send(message, ignore);
    else this.#process.send(message, socket, { keepOpen: true }, ignore);
  }
}

/** Where a message cannot be sent, the channel is closed, and 'close' follows. */
function ignore(): void {}
