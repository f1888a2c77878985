import { IncomingMessage, type ServerResponse } from 'node:http';
import type { BodyReader } from './body.js';

/** A request, with what is kept of it until it is answered. */
export class WebhookRequest extends IncomingMessage {
  response!: ServerResponse;
  reader!: BodyReader;
  bot = '';
  /** What has come of the body. */
  chunks: Buffer[] = [];
  /** Bytes in `chunks`. */
  size = 0;
}
