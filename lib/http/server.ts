import { createServer, type Server, ServerResponse } from 'node:http';
import { BAD_REQUEST } from './answers.js';
import { answerToClientError, refuse } from './refusals.js';
import { WebhookRequest, type WebhookSocket } from './request.js';

export type WebhookServer = Server<typeof WebhookRequest, typeof ServerResponse>;

/**
 * A node:http server with the limits that keep a hostile client from holding it up. Plain parse errors are
 * answered here; the rest goes to `handle`.
 */
export function createWebhookServer(
  handle: (request: WebhookRequest, response: ServerResponse) => void,
): WebhookServer {
  const server: WebhookServer = createServer<typeof WebhookRequest, typeof ServerResponse>({
    IncomingMessage: WebhookRequest,
    ServerResponse,
    maxHeaderSize: 8 * 1024,
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 1_000,
    // `handle` answers that too, as it does all that the parser lets through.
    requireHostHeader: false,
    // In place of it every connection has one timer, which also ends those whose client reads no answers.
    keepAliveTimeout: 0,
  });
  // Telegram's own idle timer is 60 s: whoever closes first must not be the server.
  server.timeout = 75_000;
  // maxHeaderSize is the bound. Headers beyond a count would be hidden from `handle`, not from the parser.
  server.maxHeadersCount = 0;
  // A client that has sent its request and nothing behind it still gets its answer. Not in the types.
  (server as WebhookServer & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  server.on('request', handle);
  // Only a body that will be read is asked for.
  server.on('checkContinue', (request, response) => {
    request.awaitsContinue = true;
    handle(request, response);
  });
  // Other expectations may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuse(socket as WebhookSocket, answerToClientError(error)),
  );
  server.on('upgrade', (_request, socket) => refuse(socket as WebhookSocket, BAD_REQUEST));
  server.on('connect', (_request, socket) => refuse(socket as WebhookSocket, BAD_REQUEST));
  // It never listens: the primary hands it its connections, each as an event 'connection'. Its timeouts are looked
  // at from this event on.
  server.emit('listening');
  return server;
}
