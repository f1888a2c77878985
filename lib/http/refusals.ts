import { type ServerResponse, STATUS_CODES } from 'node:http';
import {
  type Answer,
  BAD_REQUEST,
  CONTENT_TOO_LARGE,
  HEADERS_TOO_LARGE,
  REQUEST_TIMEOUT,
} from './answers.js';
import type { WebhookSocket } from './request.js';

/**
 * Answers to what the parser refused, or to a body that is not read to its end: written to the socket itself,
 * which is then closed.
 */

/** Milliseconds for the client to read the answer. Closing at once could reset the connection before it has. */
const LINGER = 1000;

/** Bytes that are read of what the client still sends: some clients look for an answer only behind their body. */
const MOST_READ = 1024 * 1024;

/**
 * Answers, and closes the connection. The answers to earlier requests, which may wait for Redis, go first:
 * clients tell answers apart by their order alone.
 */
export function refuse(socket: WebhookSocket, answer: Answer): void {
  // The parser complains again when what it has refused ends.
  if (socket.closing) return;
  socket.closing = true;
  socket.on('error', () => {});
  discard(socket);

  const { latest } = socket;
  if (latest === undefined) {
    close(socket, answer);
    return;
  }
  const { response } = latest;
  if (latest.complete) afterwards(response, () => close(socket, answer));
  // Its body is what is refused now. It has been answered where it was itself refused before.
  else if (response.writableEnded) afterwards(response, () => close(socket));
  else if (response.socket === null) response.once('socket', () => close(socket, answer));
  else close(socket, answer);
}

function afterwards(response: ServerResponse, then: () => void): void {
  if (response.writableFinished) then();
  else response.once('finish', then);
}

function close(socket: WebhookSocket, answer?: Answer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(answer === undefined ? '' : textOf(answer));
  setTimeout(() => socket.destroy(), LINGER).unref();
}

function textOf({ status, close }: Answer): string {
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`];
  for (let i = 0; i < close.length; i += 2) head.push(`${close[i]}: ${close[i + 1]}`);
  return `${head.join('\r\n')}\r\n\r\n`;
}

/** Takes the connection from the parser. What still comes is thrown away, and after a while not even read. */
function discard(socket: WebhookSocket): void {
  const end = socket.bytesRead + MOST_READ;
  socket.removeAllListeners('data');
  socket.on('data', () => {
    if (socket.bytesRead > end) socket.pause();
  });
  socket.resume();
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
