import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import t from 'tap';
import { OK, send } from '../../lib/http/answers.js';
import { createWebhookServer } from '../../lib/http/server.js';

/** Telegram's own idle timer. */
const TELEGRAM_IDLE = 60_000;

t.test('an idle connection is kept longer than Telegram keeps it', t => {
  const server = createWebhookServer(() => {});
  t.ok(server.timeout > TELEGRAM_IDLE);
  // A second timer would run out first, or cost time at every answer.
  t.equal(server.keepAliveTimeout, 0);
  t.end();
});

t.test('a client that never reads is read no further, and closed', async t => {
  const server = createWebhookServer((_request, response) => send(response, OK, false));
  server.timeout = 500;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => client.destroy());
  client.pause();
  client.on('error', () => {});
  const total = 128 * 1024 * 1024;
  client.write(Buffer.alloc(total, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
  const [socket] = await accepted;
  await once(socket, 'close');
  t.ok(socket.bytesRead < total / 4, `${socket.bytesRead} bytes were read`);
});
