import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { BodyReader } from './body.js';

export const NOTHING = Buffer.alloc(0);

/** A connection, with what its refusals have to know. */
export interface WebhookSocket extends Socket {
  /** The request that came last on it. */
  latest?: WebhookRequest;
  /** No further request is taken: the last answer has been decided on. */
  closing?: true;
}

/** A request, with what is kept of it until it is answered. */
export class WebhookRequest extends IncomingMessage {
  declare socket: WebhookSocket;
  response!: ServerResponse;
  reader!: BodyReader;
  bot = '';
  /** The client sends its body when it is told to: `Expect: 100-continue`. */
  awaitsContinue = false;
  /** What has come of the body: its first `size` bytes. */
  body: Buffer = NOTHING;
  size = 0;
}
