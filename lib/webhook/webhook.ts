import type { ServerResponse } from 'node:http';
import { NotAnUpdate, NotStored } from '../errors.js';
import * as answers from '../http/answers.js';
import { BodyReader } from '../http/body.js';
import { refuse } from '../http/refusals.js';
import type { WebhookRequest } from '../http/request.js';
import { botOfUrl } from '../http/router.js';
import type { Outcome } from '../queue/enqueue.js';
import type { Quarantined } from '../queue/quarantine.js';
import { Queue, type QueueEvents } from '../queue/queue.js';
import type { Settings } from '../settings/load.js';
import { Authenticator } from './authenticate.js';
import { parseUpdate, type Update } from './update.js';

/** What the webhook tells of itself. */
export interface WebhookEvents extends QueueEvents {
  readonly onQuarantined: (bot: string, updateId: number, reason: string, result: Quarantined) => void;
  /** Redis did not take an update into quarantine; it was answered 503. */
  readonly onNotQuarantined: (problem: string) => void;
}

/**
 * What happens to one update, from top to bottom: route, authenticate, read, parse, encode, enqueue, answer.
 */
export class Webhook {
  readonly queue: Queue<WebhookRequest>;
  /** The worker is going: answers carry `Connection: close`. */
  draining = false;
  readonly #bots: ReadonlySet<string> | undefined;
  readonly #authenticator: Authenticator;
  readonly #reader: BodyReader;
  readonly #events: WebhookEvents;

  constructor(settings: Settings, events: WebhookEvents) {
    this.#bots = settings.TGOOK_BOTS && new Set(settings.TGOOK_BOTS);
    this.#authenticator = new Authenticator(settings.SECRET_TOKEN);
    this.#reader = new BodyReader(settings.TGOOK_MAX_BODY, this.#take, refuseBody);
    this.#events = events;
    this.queue = new Queue(settings, this.#settle, events);
  }

  /** The server's request listener. */
  readonly receive = (request: WebhookRequest, response: ServerResponse): void => {
    const { socket } = request;
    // What a client has sent behind the last answer is not read: it would be taken without one.
    if (socket.closing) return;
    socket.latest = request;
    request.response = response;
    response.sendDate = false;
    const refusal = this.#refusal(request);
    if (refusal === undefined) {
      if (request.awaitsContinue) response.writeContinue();
      this.#reader.read(request);
    } else if (this.#isNotReadPast(request)) {
      refuse(socket, refusal);
    } else {
      this.#answer(request, refusal);
    }
  };

  /** Why a request is refused before its body is read, if it is. */
  #refusal(request: WebhookRequest): answers.Answer | undefined {
    const { headers, httpVersion } = request;
    // The parser also takes 0.9 and 2.0, written as if they were 1.1.
    if (httpVersion === '1.1' ? headers.host === undefined : httpVersion !== '1.0')
      return answers.BAD_REQUEST;
    const bot = botOfUrl(request.url ?? '');
    if (bot === undefined) return answers.NOT_FOUND;
    if (request.method !== 'POST') return answers.METHOD_NOT_ALLOWED;
    if (!this.#authenticator.accepts(headers['x-telegram-bot-api-secret-token'])) return answers.UNAUTHORIZED;
    // Behind the secret: a stranger does not learn which bots there are.
    if (this.#bots !== undefined && !this.#bots.has(bot)) return answers.NOT_FOUND;
    // node:http reads a body that is chunked last, whatever else it is.
    const transfer = headers['transfer-encoding'];
    if (transfer !== undefined) {
      if (transfer.toLowerCase() !== 'chunked') return answers.NOT_IMPLEMENTED;
      // HTTP/1.0 does not know it: what stands between may have cut the body elsewhere (RFC 9112, 6.1).
      if (httpVersion === '1.0') return answers.BAD_REQUEST;
    }
    const content = headers['content-encoding'];
    if (content !== undefined && content.toLowerCase() !== 'identity') return answers.UNSUPPORTED_MEDIA_TYPE;
    if (Number(headers['content-length'] ?? 0) > this.#reader.limit) return answers.CONTENT_TOO_LARGE;
    if (this.#reader.full) return answers.UNAVAILABLE;
    request.bot = bot;
    return undefined;
  }

  /** The body of a refused request is read past, so that the connection stays; not if it may be long or never come. */
  #isNotReadPast({ headers, awaitsContinue }: WebhookRequest): boolean {
    return (
      awaitsContinue ||
      headers['transfer-encoding'] !== undefined ||
      Number(headers['content-length'] ?? 0) > this.#reader.limit
    );
  }

  /** A complete body: parse, encode, enqueue. */
  readonly #take = (request: WebhookRequest, body: Buffer): void => {
    let update: Update;
    try {
      update = parseUpdate(body);
    } catch (error) {
      if (!(error instanceof NotAnUpdate)) throw error;
      this.#answer(request, answers.BAD_REQUEST);
      return;
    }
    try {
      this.queue.add(request.bot, update, request);
    } catch (error) {
      if (error instanceof NotStored) this.#answer(request, answers.UNAVAILABLE);
      // Whatever else the encoder says, the update cannot become a job, and sending it again cannot help.
      else void this.#quarantine(request, update, error as Error);
    }
  };

  /** The queue's word on an update. */
  readonly #settle = (request: WebhookRequest, outcome: Outcome | undefined): void => {
    this.#answer(request, outcome === undefined ? answers.UNAVAILABLE : answers.OK);
  };

  async #quarantine(request: WebhookRequest, update: Update, { message }: Error): Promise<void> {
    try {
      const result = await this.queue.quarantine.keep(request.bot, update, message);
      this.#answer(request, answers.OK);
      this.#events.onQuarantined(request.bot, update.id, message, result);
    } catch (error) {
      this.#answer(request, answers.UNAVAILABLE);
      this.#events.onNotQuarantined((error as Error).message);
    }
  }

  #answer(request: WebhookRequest, answer: answers.Answer): void {
    const { socket, response } = request;
    // What has come behind it still gets its own answer.
    const last = this.draining && socket.latest === request;
    if (last) socket.closing = true;
    answers.send(response, answer, last);
  }
}

function refuseBody(request: WebhookRequest, why: 'too-large' | 'full'): void {
  refuse(request.socket, why === 'full' ? answers.UNAVAILABLE : answers.CONTENT_TOO_LARGE);
}
