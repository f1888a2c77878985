import type { Socket } from 'node:net';
import { createWebhookServer, type WebhookServer } from '../http/server.js';
import type { Settings } from '../settings/load.js';
import { Webhook } from '../webhook/webhook.js';
import { Reporter } from './reporter.js';
import { tellPrimary } from './tell.js';

/** How long a drain may take, in milliseconds. */
export interface DrainLimits {
  /** Until idle connections are closed: a kept connection may have one more request on its way. */
  readonly idle: number;
  /** Until everything is. */
  readonly total: number;
}

export const ON_REQUEST: DrainLimits = { idle: 5000, total: 7000 };
/** Without its primary it gets no more connections, and nobody would end it later. */
export const WITHOUT_PRIMARY: DrainLimits = { idle: 2000, total: 3000 };

/** The life of one worker: serve, then drain. */
export class Worker {
  readonly #reporter = new Reporter();
  readonly #webhook: Webhook;
  readonly #server: WebhookServer;
  #connections = 0;

  constructor(settings: Settings) {
    const { redis, withoutHorizon, full, quarantined, notQuarantined } = this.#reporter;
    this.#webhook = new Webhook(settings, {
      onRedis: redis,
      onWithoutHorizon: withoutHorizon,
      onFull: full,
      onQuarantined: quarantined,
      onNotQuarantined: notQuarantined,
    });
    this.#server = createWebhookServer(this.#webhook.receive);
  }

  /** Takes connections once Redis has been tried. While it is away, updates are answered 503. */
  async start(): Promise<void> {
    await this.#webhook.queue.connection.open();
    tellPrimary({ type: 'ready' });
  }

  /**
   * Serves a connection that the primary has accepted.
   *
   * @param socket undefined where it was closed on its way
   */
  take(id: number, socket: Socket | undefined): void {
    // Before a byte of it is read: until then the primary may give the connection to another worker.
    tellPrimary({ type: 'taken', id });
    if (socket === undefined) {
      this.#reporter.closed();
      return;
    }
    this.#connections++;
    socket.once('close', this.#onClosed);
    // A client may end its side behind the request, and wait for the answer. Where node:http accepts a
    // connection itself, this is set as well.
    socket.allowHalfOpen = true;
    this.#server.emit('connection', socket);
  }

  /** Answers what has begun and what still comes on the open connections, and exits. */
  drain(limits: DrainLimits): void {
    this.#webhook.draining = true;
    this.#exitIfDone();
    // Told again, without its primary for instance, it has the shorter of both limits.
    setTimeout(() => this.#server.closeIdleConnections(), limits.idle);
    setTimeout(() => this.#exit(), limits.total);
  }

  readonly #onClosed = (): void => {
    this.#connections--;
    this.#reporter.closed();
    this.#exitIfDone();
  };

  #exitIfDone(): void {
    if (this.#webhook.draining && this.#connections === 0) this.#exit();
  }

  #exit(): void {
    this.#reporter.flush();
    this.#webhook.queue.close();
    // Leaving goes through the channel's own queue, so that what was just told still arrives.
    if (process.connected) process.disconnect();
    setImmediate(() => process.exit(0));
  }
}
