import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

/** Telegram gives up on a connection on which nothing has happened for so long, in milliseconds. */
export const IDLE_TIMEOUT = 60_000;

/** Where the webhook is. */
export interface Target {
  readonly url: URL;
  readonly secret: string | undefined;
  /** Milliseconds for which an answer is waited for. */
  readonly patience: number;
}

/** What came back for a request. */
export interface Reply {
  /** Undefined where no whole answer came. */
  readonly status: number | undefined;
  /** The status, or why there is none: `503`, `ECONNRESET`, `timeout`. */
  readonly outcome: string;
  /** In milliseconds; 0 where the answer had none. */
  readonly retryAfter: number;
  readonly milliseconds: number;
}

/** What Telegram takes for delivered. */
export function isSuccess({ status }: Reply): boolean {
  return status !== undefined && status >= 200 && status <= 299;
}

/** One connection of Telegram's: kept alive, one request at a time. */
export class Connection {
  /** An answer or the other side has ended it: nothing can be sent any more. */
  gone = false;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1, timeout: IDLE_TIMEOUT });
  readonly #target: Target;
  readonly #onGone: () => void;
  #socket: Socket | undefined;

  constructor(target: Target, onGone: (connection: Connection) => void) {
    this.#target = target;
    this.#onGone = () => onGone(this);
  }

  /**
   * Sends one update. Never rejects.
   *
   * @param lose the answer is on its way: true loses it, with the connection
   */
  post(body: string, lose: (status: number) => boolean): Promise<Reply> {
    const start = performance.now();
    return new Promise(resolve => {
      const settle = (outcome: string, answer?: IncomingMessage): void => {
        if (answer === undefined || answer.headers.connection === 'close') this.close();
        const retryAfter = Number(answer?.headers['retry-after']);
        resolve({
          status: answer?.statusCode,
          outcome,
          retryAfter: Number.isInteger(retryAfter) ? 1000 * Math.min(Math.max(retryAfter, 0), 3600) : 0,
          milliseconds: performance.now() - start,
        });
      };
      const failed = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.message);
      const { hostname: host, port, pathname, search } = this.#target.url;
      const outgoing = request({
        agent: this.#agent,
        host: host.replace(/^\[|\]$/g, ''),
        port: port || 80,
        method: 'POST',
        path: pathname + search,
        headers: headersOf(this.#target, body),
        timeout: this.#target.patience,
      });
      outgoing.once('timeout', () => outgoing.destroy(new Error('timeout')));
      outgoing.on('error', failed);
      outgoing.once('socket', socket => this.#watch(socket));
      outgoing.once('response', answer => {
        answer.on('error', failed);
        if (lose(answer.statusCode ?? 0)) {
          answer.destroy(new Error('answer lost'));
          return;
        }
        answer.once('end', () => settle(String(answer.statusCode), answer));
        answer.resume();
      });
      // The body is ASCII: Telegram escapes everything else.
      outgoing.end(body, 'latin1');
    });
  }

  #watch(socket: Socket): void {
    if (socket === this.#socket) return;
    this.#socket = socket;
    socket.once('close', () => this.close());
  }

  close(): void {
    if (this.gone) return;
    this.gone = true;
    this.#agent.destroy();
    this.#onGone();
  }
}

/** The headers of WebhookActor::send_update(), in its order. node:http sends a list as it is. */
function headersOf({ url, secret }: Target, body: string): string[] {
  const userinfo = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return [
    ...['Host', url.host],
    ...(url.username === '' ? [] : ['Authorization', `Basic ${Buffer.from(userinfo).toString('base64')}`]),
    ...(secret === undefined ? [] : ['X-Telegram-Bot-Api-Secret-Token', secret]),
    ...['Content-Type', 'application/json'],
    ...['Content-Length', String(body.length)],
    ...['Connection', 'keep-alive'],
    ...['Accept-Encoding', 'gzip, deflate'],
  ];
}
