import { createWebhookServer, stopAccepting, type WebhookServer } from '../http/server.js';
import type { Settings } from '../settings/load.js';
import { Webhook } from '../webhook/webhook.js';
import { Reporter } from './reporter.js';

/** How long a drain may take, in milliseconds. */
export interface DrainLimits {
  /** Until idle connections are closed: a kept connection may have one more request on its way. */
  readonly idle: number;
  /** Until everything is. */
  readonly total: number;
}

export const ON_REQUEST: DrainLimits = { idle: 5000, total: 7000 };
/** Without a primary a new one is waiting for the port. */
export const WITHOUT_PRIMARY: DrainLimits = { idle: 2000, total: 3000 };

/** The life of one worker: serve, then drain. */
export class Worker {
  readonly #reporter = new Reporter();
  readonly #webhook: Webhook;
  readonly #server: WebhookServer;

  constructor(readonly settings: Settings) {
    const { redis, withoutHorizon, quarantined, notQuarantined } = this.#reporter;
    this.#webhook = new Webhook(settings, {
      onRedis: redis,
      onWithoutHorizon: withoutHorizon,
      onQuarantined: quarantined,
      onNotQuarantined: notQuarantined,
    });
    this.#server = createWebhookServer(this.#webhook.receive);
  }

  /** Serves once Redis has been tried. While it is away, updates are answered 503. */
  async start(): Promise<void> {
    await this.#webhook.queue.connection.open();
    if (this.#webhook.draining) return;
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      this.#reporter.send({ type: 'cannot-listen', code: error.code ?? error.message });
      this.#exit(1);
    });
    // The backlog is the kernel's to bound (net.core.somaxconn).
    this.#server.listen({
      port: this.settings.LISTEN_PORT,
      host: this.settings.TGOOK_LISTEN_HOST,
      backlog: 4096,
    });
  }

  /** Takes no new connections, answers what has begun and what still comes on the open ones, and exits. */
  drain(limits: DrainLimits): void {
    if (!this.#webhook.draining) {
      this.#webhook.draining = true;
      this.#server.on('close', () => this.#exit(0));
      stopAccepting(this.#server);
    }
    // Told again, without its primary for instance, it has the shorter of both limits.
    setTimeout(() => this.#server.closeIdleConnections(), limits.idle);
    setTimeout(() => this.#exit(0), limits.total);
  }

  #exit(code: number): void {
    this.#reporter.flush();
    this.#webhook.queue.close();
    // Leaving goes through the channel's own queue, so that what was just told still arrives.
    if (process.connected) process.disconnect();
    setImmediate(() => process.exit(code));
  }
}
