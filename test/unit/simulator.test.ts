import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { lifetimeOf, queueOf, type TelegramUpdate } from '../../lib/telegram/kinds.js';
import { Latencies } from '../../lib/telegram/latencies.js';
import { type SimulatorOptions, TelegramSimulator } from '../../lib/telegram/simulator.js';

/** A webhook that does what the test wants, and a simulator that sends to it. */
async function start(
  t: Test,
  listener: RequestListener,
  options: Partial<SimulatorOptions> = {},
): Promise<{ telegram: TelegramSimulator; connections: () => number }> {
  let connections = 0;
  const server = createServer(listener).listen(0, '127.0.0.1');
  server.on('connection', () => connections++);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const telegram = new TelegramSimulator({ url: `http://127.0.0.1:${port}/hook/`, bot: 'main', ...options });
  t.teardown(() => {
    telegram.close();
    server.closeAllConnections();
    server.close();
  });
  return { telegram, connections: () => connections };
}

function message(update_id: number, chat: number): TelegramUpdate {
  return { update_id, message: { message_id: update_id, date: 1, chat: { id: chat, type: 'private' } } };
}

async function idOf(request: IncomingMessage): Promise<number> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return (JSON.parse(body) as { update_id: number }).update_id;
}

t.test('a request has the bytes that Telegram sends', async t => {
  let received = '';
  const server = createNetServer(socket => {
    socket.on('data', chunk => {
      received += chunk;
      if (received.endsWith('}')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const telegram = new TelegramSimulator({
    url: `http://127.0.0.1:${port}/hook/`,
    bot: 'main',
    secret: 'S-1',
  });
  await telegram.deliver([{ update_id: 5, poll: { id: '1', question: 'Ёж "😀"\n' } }]);
  telegram.close();
  server.close();
  const body = '{"update_id":5,\n"poll":{"id":"1","question":"\\u0401\\u0436 \\"\\ud83d\\ude00\\"\\n"}}';
  t.equal(
    received,
    [
      'POST /hook/main HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'X-Telegram-Bot-Api-Secret-Token: S-1',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Connection: keep-alive',
      'Accept-Encoding: gzip, deflate',
      '',
      body,
    ].join('\r\n'),
  );
});

t.test('updates of one chat come one after another, those of others beside them', async t => {
  const underWay = new Map<number, number>();
  const order = new Map<number, number[]>();
  let together = 0;
  const { telegram } = await start(t, async (request, response) => {
    const id = await idOf(request);
    const chat = id % 5;
    t.notOk(underWay.has(chat), 'nothing else of this chat is on its way');
    underWay.set(chat, id);
    together = Math.max(together, underWay.size);
    order.set(chat, [...(order.get(chat) ?? []), id]);
    await sleep(5);
    underWay.delete(chat);
    response.end();
  });
  const updates = Array.from({ length: 50 }, (_, i) => message(i, i % 5));
  const { sent, acknowledged, attempts, latencies } = await telegram.deliver(updates);
  t.same(
    { sent, acknowledged, attempts, measured: latencies.count },
    { sent: 50, acknowledged: 50, attempts: 50, measured: 50 },
  );
  t.equal(together, 5);
  for (const ids of order.values())
    t.same(
      ids,
      ids.toSorted((a, b) => a - b),
    );
});

t.test(
  'what is not answered 2xx comes again: at once, then after 2 s, before the rest of its chat',
  async t => {
    const seen: Array<[id: number, at: number]> = [];
    const { telegram } = await start(t, async (request, response) => {
      const id = await idOf(request);
      seen.push([id, performance.now()]);
      response.statusCode = id === 1 && seen.length < 3 ? 503 : 204;
      response.end();
    });
    const { acknowledged, attempts, failures } = await telegram.deliver([message(1, 7), message(2, 7)]);
    t.same([acknowledged, attempts, failures], [2, 4, new Map([['503', 2]])]);
    t.same(
      seen.map(([id]) => id),
      [1, 1, 1, 2],
    );
    t.ok(seen[1]![1] - seen[0]![1] < 500, 'at once');
    const pause = seen[2]![1] - seen[1]![1];
    t.ok(pause > 1900 && pause < 2600, `2 s, measured ${pause}`);
    t.same(telegram.record.get(1), { attempts: 3, accepted: 1, acknowledged: true, expired: false });
  },
);

t.test('a broken connection and a lost answer are failures', async t => {
  let requests = 0;
  const { telegram, connections } = await start(
    t,
    (request, response) => {
      if (++requests === 1) request.socket.destroy();
      else response.end();
    },
    { loseAnswer: (_id, attempt) => attempt === 2 },
  );
  // The connection after the next one has to wait 2 s, since nothing has succeeded yet; and so has the update.
  const { acknowledged, failures } = await telegram.deliver([message(1, 1)]);
  t.equal(acknowledged, 1);
  t.same([...failures.values()], [1, 1]);
  t.ok(failures.has('answer lost'));
  t.same(telegram.record.get(1), { attempts: 3, accepted: 2, acknowledged: true, expired: false });
  t.equal(connections(), 3);
});

t.test(
  'whoever cannot wait for Telegram sets how long answers are waited for, and the longest pause',
  async t => {
    let requests = 0;
    const { telegram } = await start(
      t,
      (_request, response) => {
        if (++requests > 3) response.end();
        else if (requests === 3) response.writeHead(503).end();
      },
      { patience: 200, longestPause: 10 },
    );
    const { acknowledged, failures, milliseconds } = await telegram.deliver([message(1, 1)]);
    t.equal(acknowledged, 1);
    t.same(failures, new Map([['timeout', 2]]).set('503', 1));
    // Before anything has succeeded, a connection in the place of a broken one comes after 2 s.
    t.ok(milliseconds < 5500, `${milliseconds} ms, and not the 2 minutes of two timeouts`);
  },
);

t.test('Retry-After beyond the lifetime drops an update', async t => {
  const { telegram } = await start(t, (_request, response) =>
    response.writeHead(429, { 'Retry-After': '31' }).end(),
  );
  const query = { update_id: 1, inline_query: { id: '1', from: { id: 1 }, query: '', offset: '' } };
  const { acknowledged, expired } = await telegram.deliver([query]);
  t.same([acknowledged, expired], [0, 1]);
});

t.test('connections become more by ten in half a second', async t => {
  const { telegram, connections } = await start(t, (_request, response) =>
    setTimeout(() => response.end(), 100),
  );
  const delivered = telegram.deliver(Array.from({ length: 400 }, (_, i) => message(i, i)));
  await sleep(50);
  t.equal(connections(), 1, 'one until it has succeeded');
  await sleep(200);
  t.ok(connections() >= 11 && connections() <= 15, `measured ${connections()}`);
  t.equal((await delivered).acknowledged, 400);
  t.ok(connections() <= 40);
});

t.test('close() ends a delivery, of a source that never ends, too', async t => {
  const { telegram } = await start(t, (_request, response) => response.end());
  async function* endless(): AsyncGenerator<TelegramUpdate> {
    for (let id = 1; ; id++) {
      await sleep(1);
      yield message(id, id);
    }
  }
  setTimeout(() => telegram.close(), 200);
  const { sent, acknowledged } = await telegram.deliver(endless());
  t.ok(acknowledged > 0 && acknowledged <= sent);
});

t.test('queues and lifetimes are those of the Bot API server', async t => {
  const from = { id: 7 };
  t.equal(
    queueOf({ update_id: 1, shipping_query: { from } }),
    queueOf({ update_id: 2, pre_checkout_query: { from } }),
  );
  t.not(
    queueOf({ update_id: 1, callback_query: { from } }),
    queueOf({ update_id: 2, inline_query: { from } }),
  );
  t.equal(
    queueOf({ update_id: 1, poll: { id: '9' } }),
    queueOf({ update_id: 2, poll_answer: { poll_id: '9' } }),
  );
  t.not(queueOf({ update_id: 1, future: {} }), queueOf({ update_id: 2, future: {} }));
  t.equal(lifetimeOf({ update_id: 1, callback_query: {} }), 150_000);
  t.equal(lifetimeOf({ update_id: 1, future: {} }), 86_400_000);
});

t.test('percentiles are exact', async t => {
  const latencies = new Latencies();
  t.ok(Number.isNaN(latencies.percentile(50)));
  for (let i = 200; i >= 1; i--) latencies.add(i);
  t.same(
    [latencies.percentile(50), latencies.percentile(99), latencies.max, latencies.count],
    [100, 198, 200, 200],
  );
});
