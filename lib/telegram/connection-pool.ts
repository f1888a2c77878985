import { Connection, isSuccess, type Reply, type Target } from './connection.js';

/** While nothing has succeeded for this long, connections are opened one by one. */
const LONG_WITHOUT_SUCCESS = 10_000;

/** So many events at once, and then as many in so many milliseconds, evenly. */
class FloodControl {
  #tokens: number;
  #at = 0;

  constructor(
    readonly count: number,
    readonly milliseconds: number,
  ) {
    this.#tokens = count;
  }

  /** Takes one, where one is left; else says when. */
  take(now: number): number | undefined {
    const speed = this.count / this.milliseconds;
    this.#tokens = Math.min(this.count, this.#tokens + (now - this.#at) * speed);
    this.#at = now;
    if (this.#tokens < 1) return now + (1 - this.#tokens) / speed;
    this.#tokens--;
    return undefined;
  }
}

/** Telegram's connections to one webhook: how many there are, and how fast they may become more. */
export class ConnectionPool {
  readonly #all = new Set<Connection>();
  /** Those with nothing on their way, in the order in which they came free. */
  #ready: Connection[] = [];
  #lastSuccess = Number.NEGATIVE_INFINITY;
  readonly #whileActive = new FloodControl(10, 500);
  readonly #whilePending = new FloodControl(1, 2000);

  constructor(
    readonly target: Target,
    readonly max: number,
  ) {}

  /**
   * Opens connections until there are as many as queues with something to send.
   *
   * @returns when more may be opened, where the limits have left some out
   */
  grow(queues: number, now: number): number | undefined {
    const active = now - this.#lastSuccess <= LONG_WITHOUT_SUCCESS;
    const wanted = Math.min(queues, active ? this.max : 1);
    const limit = active ? this.#whileActive : this.#whilePending;
    while (this.#all.size < wanted) {
      const later = limit.take(now);
      if (later !== undefined) return later;
      const connection = new Connection(this.target, gone => {
        this.#all.delete(gone);
        this.#ready = this.#ready.filter(other => other !== gone);
      });
      this.#all.add(connection);
      this.#ready.push(connection);
    }
    return undefined;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  /** Sends a body on a connection that is ready. */
  async post(body: string, lose: (status: number) => boolean): Promise<Reply> {
    const connection = this.#ready.shift();
    if (connection === undefined) throw new Error('no connection is ready');
    const reply = await connection.post(body, lose);
    if (!connection.gone) this.#ready.push(connection);
    if (isSuccess(reply)) this.#lastSuccess = performance.now();
    return reply;
  }

  /** Closes all of them, with what is on its way. */
  close(): void {
    for (const connection of this.#all) connection.close();
  }
}
