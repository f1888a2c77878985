import { createServer, type Server, ServerResponse } from 'node:http';
import { BAD_REQUEST } from './answers.js';
import { answerToClientError, refuse } from './refusals.js';
import { WebhookRequest } from './request.js';

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
    // Telegram's own idle timer is 60 s: whoever closes first must not be the server.
    keepAliveTimeout: 75_000,
  });
  server.on('request', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuse(socket, answerToClientError(error)),
  );
  server.on('upgrade', (_request, socket) => refuse(socket, BAD_REQUEST));
  server.on('connect', (_request, socket) => refuse(socket, BAD_REQUEST));
  // It never listens: the primary hands it its connections, each as an event 'connection'. Its timeouts are looked
  // at from this event on.
  server.emit('listening');
  return server;
}
