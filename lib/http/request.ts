import { IncomingMessage, type ServerResponse } from 'node:http';
import type { BodyReader } from './body.js';

export const NOTHING = Buffer.alloc(0);

/** A request, with what is kept of it until it is answered. */
export class WebhookRequest extends IncomingMessage {
  response!: ServerResponse;
  reader!: BodyReader;
  bot = '';
  /** What has come of the body: its first `size` bytes. */
  body: Buffer = NOTHING;
  size = 0;
}
