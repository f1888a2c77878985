import type { Socket } from 'node:net';
import { createWebhookServer, type WebhookServer } from '../http/server.js';
import type { Settings } from '../settings/load.js';
import { Webhook } from '../webhook/webhook.js';
import { Reporter } from './reporter.js';
import { tellPrimary } from './tell.js';

/** Milliseconds of a drain until idle connections are closed: a kept one may have one more request on its way. */
const IDLE = 5000;
/** Milliseconds for requests that are not complete by then, and for leaving. */
const TAIL = 2000;
const LEAVING = 500;

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

  /**
   * Answers what has begun and what still comes on the open connections, and exits. Told again, without its primary
   * for instance, it has the shorter of both times.
   *
   * @param within milliseconds, of which it leaves some for the way out
   */
  drain(within: number): void {
    this.#webhook.draining = true;
    this.#exitIfDone();
    setTimeout(() => this.#server.closeIdleConnections(), Math.min(IDLE, within - LEAVING - TAIL));
    setTimeout(() => this.#exit(), within - LEAVING);
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
