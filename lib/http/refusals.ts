import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type Answer,
  BAD_REQUEST,
  CONTENT_TOO_LARGE,
  HEADERS_TOO_LARGE,
  REQUEST_TIMEOUT,
} from './answers.js';

/**
 * Answers to what the parser refused, or to a body that is not read to its end: written to the socket itself,
 * which is then closed.
 */

/** Milliseconds for the client to read the answer. Closing at once could reset the connection before it has. */
const LINGER = 1000;

/** Sends an answer and closes the connection; what still comes in is thrown away. */
export function refuse(socket: Duplex, answer: Answer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const head = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`];
  for (let i = 0; i < answer.close.length; i += 2) head.push(`${answer.close[i]}: ${answer.close[i + 1]}`);
  socket.end(`${head.join('\r\n')}\r\n\r\n`);
  socket.on('error', () => {});
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER).unref();
}

/** The answer to an error of node:http's parser or timeouts. */
export function answerToClientError({ code }: NodeJS.ErrnoException): Answer {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return REQUEST_TIMEOUT;
    case 'HPE_HEADER_OVERFLOW':
      return HEADERS_TOO_LARGE;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return CONTENT_TOO_LARGE;
    default:
      return BAD_REQUEST;
  }
}
