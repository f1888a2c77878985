import type { ServerResponse } from 'node:http';

/** Every answer there is; all of them are constants with an empty body. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn, as writeHead() takes them. */
  readonly headers: string[];
}

const EMPTY = ['Content-Length', '0'];

export const OK: Answer = { status: 200, headers: EMPTY };
export const BAD_REQUEST: Answer = { status: 400, headers: EMPTY };
export const UNAUTHORIZED: Answer = { status: 401, headers: EMPTY };
export const NOT_FOUND: Answer = { status: 404, headers: EMPTY };
export const METHOD_NOT_ALLOWED: Answer = { status: 405, headers: ['Allow', 'POST', ...EMPTY] };
export const REQUEST_TIMEOUT: Answer = { status: 408, headers: EMPTY };
export const CONTENT_TOO_LARGE: Answer = { status: 413, headers: EMPTY };
export const UNSUPPORTED_MEDIA_TYPE: Answer = { status: 415, headers: EMPTY };
export const HEADERS_TOO_LARGE: Answer = { status: 431, headers: EMPTY };
export const NOT_IMPLEMENTED: Answer = { status: 501, headers: EMPTY };
/** No Retry-After: Telegram drops an update whose lifetime ends before it. */
export const UNAVAILABLE: Answer = { status: 503, headers: EMPTY };

/** Sends an answer. The connection stays open: Telegram opens new ones only slowly. */
export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, answer.headers);
  response.end();
}
