import type { ServerResponse } from 'node:http';

/** Every answer there is; all of them are constants with an empty body. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn, as writeHead() takes them, for a connection that stays and for one that does not. */
  readonly keepAlive: string[];
  readonly close: string[];
}

/**
 * With Connection given, node:http does not work out that header and Keep-Alive for every answer: that took a
 * fifth of a worker's time (npm run bench, json: 73 to 60 us of tgook and Redis an update).
 */
function answer(status: number, ...headers: string[]): Answer {
  const fixed = [...headers, 'Content-Length', '0', 'Connection'];
  return { status, keepAlive: [...fixed, 'keep-alive'], close: [...fixed, 'close'] };
}

export const OK = answer(200);
export const BAD_REQUEST = answer(400);
export const UNAUTHORIZED = answer(401);
export const NOT_FOUND = answer(404);
export const METHOD_NOT_ALLOWED = answer(405, 'Allow', 'POST');
export const REQUEST_TIMEOUT = answer(408);
export const CONTENT_TOO_LARGE = answer(413);
export const UNSUPPORTED_MEDIA_TYPE = answer(415);
export const HEADERS_TOO_LARGE = answer(431);
export const NOT_IMPLEMENTED = answer(501);
/** No Retry-After: Telegram drops an update whose lifetime ends before it. */
export const UNAVAILABLE = answer(503);

/**
 * Sends an answer. The connection stays open, since Telegram opens new ones only slowly, unless this is the
 * last answer or the client wants it closed.
 */
export function send(response: ServerResponse, { status, keepAlive, close }: Answer, last: boolean): void {
  response.writeHead(status, last || !response.shouldKeepAlive ? close : keepAlive);
  response.end();
}
