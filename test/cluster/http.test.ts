import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { startPrivateRedis } from '../../lib/demo/private-redis.js';
import { type RawAnswer, raw } from '../support/raw.js';
import { startTgook, textUpdate } from '../support/tgook.js';

const SECRET = 'the-secret_1';
const PATH = '/telegram/bot/webhook/main';
const LIMIT = 4096;

const redis = await startPrivateRedis();
const tgook = await startTgook({
  REDIS_PORT: redis.port,
  SECRET_TOKEN: `${SECRET},next-secret`,
  TGOOK_BOTS: 'main,second',
  TGOOK_MAX_BODY: LIMIT,
});
t.teardown(async () => {
  await tgook.stop('SIGKILL');
  await redis.stop();
});

let lastId = 0;

/** The lines of a good request, to be spoiled. */
function request(
  changes: { start?: string; headers?: string[]; body?: string; secret?: string | null } = {},
): string {
  const body = changes.body ?? textUpdate(++lastId);
  const secret = changes.secret === undefined ? SECRET : changes.secret;
  const lines = [
    changes.start ?? `POST ${PATH} HTTP/1.1`,
    ...(changes.headers ?? ['Host: example.org', `Content-Length: ${Buffer.byteLength(body)}`]),
    ...(secret === null ? [] : [`X-Telegram-Bot-Api-Secret-Token: ${secret}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const queued = () => redis.client.llen('laravel_database_queues:telegram_updates');

/** Sends a bad request, then sees that nothing was enqueued and that a good one is still answered. */
async function refused(
  t: Test,
  parts: ReadonlyArray<string | Uint8Array | number>,
  check: (answer: RawAnswer) => void,
): Promise<void> {
  const before = await queued();
  check(await raw(tgook.port, parts));
  t.equal(await queued(), before, 'nothing was enqueued');
  const good = await raw(tgook.port, [request()]);
  t.equal(good.status, 200, 'the next good update is answered');
  t.equal(await queued(), before + 1, 'and enqueued');
}

const body = textUpdate(900_000);
const length = `Content-Length: ${body.length}`;
const host = 'Host: example.org';
const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

const REFUSED: ReadonlyArray<readonly [name: string, status: number | readonly number[], sent: string]> = [
  [
    'Content-Length with Transfer-Encoding',
    400,
    request({ headers: [host, length, 'Transfer-Encoding: chunked'], body: chunked }),
  ],
  ['two different Content-Lengths', 400, request({ headers: [host, length, 'Content-Length: 5'], body })],
  ['the same Content-Length twice', 400, request({ headers: [host, length, length], body })],
  ['a Content-Length that is no number', 400, request({ headers: [host, 'Content-Length: 1x'], body })],
  ['a negative Content-Length', 400, request({ headers: [host, 'Content-Length: -5'], body })],
  [
    'a Content-Length with a plus',
    400,
    request({ headers: [host, `Content-Length: +${body.length}`], body }),
  ],
  ['an unknown Transfer-Encoding', [400, 501], request({ headers: [host, 'Transfer-Encoding: cow'], body })],
  [
    'a Transfer-Encoding before chunked',
    [400, 415, 501],
    request({ headers: [host, 'Transfer-Encoding: gzip, chunked'], body: chunked }),
  ],
  [
    'chunked twice',
    [400, 501],
    request({ headers: [host, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], body: chunked }),
  ],
  [
    'chunked before another Transfer-Encoding',
    [400, 501],
    request({ headers: [host, 'Transfer-Encoding: chunked, identity'], body: chunked }),
  ],
  [
    'a chunk size that is no number',
    400,
    request({ headers: [host, 'Transfer-Encoding: chunked'], body: `zz\r\n${body}` }),
  ],
  ['bare LF', 400, request({ body }).replaceAll('\r\n', '\n')],
  ['a folded header', 400, request({ headers: [host, length, 'X-Folded: a\r\n b'], body })],
  ['NUL in a header', 400, request({ headers: [host, length, 'X-Nul: a\0b'], body })],
  ['a space before the colon', 400, request({ headers: [host, length, 'X-Space : a'], body })],
  ['no Host', 400, request({ headers: [length], body })],
  ['the HTTP/2 preface', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a TLS hello', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['an HTTP version that is none', 400, request({ start: `POST ${PATH} HTTP/9.9`, body })],
  [
    'more than 8 KiB of headers',
    431,
    request({ headers: [host, length, `X-Long: ${'x'.repeat(9000)}`], body }),
  ],
  ['GET', 405, request({ start: `GET ${PATH} HTTP/1.1`, headers: [host], body: '' })],
  ['HEAD', 405, request({ start: `HEAD ${PATH} HTTP/1.1`, headers: [host], body: '' })],
  ['PUT', 405, request({ start: `PUT ${PATH} HTTP/1.1`, body, headers: [host, length] })],
  ['another path', 404, request({ start: 'POST /telegram/bot HTTP/1.1', body, headers: [host, length] })],
  ['the root', 404, request({ start: 'POST / HTTP/1.1', body, headers: [host, length] })],
  ['dots that are encoded', 404, request({ start: `POST /telegram/bot/webhook/%2e%2e/main HTTP/1.1` })],
  ['an encoded bot id', 404, request({ start: 'POST /telegram/bot/webhook/m%61in HTTP/1.1' })],
  ['two slashes', 404, request({ start: 'POST /telegram//bot/webhook/main HTTP/1.1' })],
  ['a slash at the end', 404, request({ start: `POST ${PATH}/ HTTP/1.1` })],
  ['the absolute form', 404, request({ start: `POST http://example.org${PATH} HTTP/1.1` })],
  ['no bot id', 404, request({ start: 'POST /telegram/bot/webhook/ HTTP/1.1' })],
  [
    'a bot id of 129 characters',
    404,
    request({ start: `POST /telegram/bot/webhook/${'a'.repeat(129)} HTTP/1.1` }),
  ],
  ['a bot id with other characters', 404, request({ start: 'POST /telegram/bot/webhook/ma~in HTTP/1.1' })],
  ['an unknown bot', 404, request({ start: 'POST /telegram/bot/webhook/third HTTP/1.1' })],
  ['a gzipped body', 415, request({ headers: [host, length, 'Content-Encoding: gzip'], body })],
  ['no secret', 401, request({ secret: null })],
  ['an empty secret', 401, request({ secret: '' })],
  ['a wrong secret', 401, request({ secret: 'the-secret_2' })],
  ['a prefix of the secret', 401, request({ secret: SECRET.slice(0, -1) })],
  ['the secret and more', 401, request({ secret: `${SECRET}1` })],
  ['both secrets at once', 401, request({ secret: `${SECRET},next-secret` })],
  [
    'the secret twice',
    401,
    request({ headers: [host, length, `X-Telegram-Bot-Api-Secret-Token: ${SECRET}`], body }),
  ],
  [
    'an announced body beyond the limit',
    413,
    request({ body: `{"update_id":1,"x":"${'x'.repeat(LIMIT)}"}` }),
  ],
  [
    'a chunked body beyond the limit',
    413,
    request({
      headers: [host, 'Transfer-Encoding: chunked'],
      body: `2000\r\n${'x'.repeat(0x2000)}\r\n0\r\n\r\n`,
    }),
  ],
  [
    'an upgrade',
    400,
    request({ headers: [host, length, 'Connection: Upgrade', 'Upgrade: websocket'], body }),
  ],
  [
    'CONNECT',
    [400, 404, 405],
    request({ start: 'CONNECT example.org:80 HTTP/1.1', headers: [host], body: '' }),
  ],
];

for (const [name, status, sent] of REFUSED) {
  const expected = [status].flat();
  t.test(`${name} is answered ${expected.join(' or ')}`, async t => {
    await refused(t, [Buffer.from(sent, 'latin1')], answer => {
      t.ok(expected.includes(answer.status), `answered ${answer.status}`);
    });
  });
}

t.test('a 405 names the method that is allowed', async t => {
  const { text } = await raw(tgook.port, [
    request({ start: `GET ${PATH} HTTP/1.1`, headers: [host], body: '' }),
  ]);
  t.match(text, /\r\nAllow: POST\r\n/);
});

t.test('an empty body is answered 400', async t => {
  await refused(t, [request({ body: '' })], ({ status }) => t.equal(status, 400));
});

t.test('slow headers, a slow body and a silent connection are answered 408 and closed', async t => {
  const head = request({ body: '' }).replace(/Content-Length: 0/, 'Content-Length: 100');
  const before = await queued();
  const answers = await Promise.all([
    raw(tgook.port, ['POST / HTTP/1.1\r\n', 3000, 'Host: a\r\n', 20_000], 20_000),
    raw(tgook.port, [head, 20_000], 20_000),
    raw(tgook.port, [20_000], 20_000),
  ]);
  for (const { status, closed } of answers) {
    t.equal(status, 408);
    t.ok(closed, 'closed');
  }
  t.equal(await queued(), before, 'nothing was enqueued');
});

t.test('a client that goes away before the end of its body enqueues nothing', async t => {
  const before = await queued();
  const sent = request();
  const socket = connect(tgook.port, '127.0.0.1', () => socket.write(sent.slice(0, -5)));
  await setTimeout(50);
  socket.destroy();
  await setTimeout(100);
  t.equal(await queued(), before);
});

t.test('a refusal leaves the connection open for the next update', async t => {
  const { text } = await raw(tgook.port, [request({ secret: 'wrong' }), 100, request()], 300);
  t.match(text, /^HTTP\/1\.1 401 .*HTTP\/1\.1 200 /s);
});

t.test('updates on one connection are answered in their order, pipelined too', async t => {
  const before = await queued();
  const { text } = await raw(tgook.port, [request() + request({ secret: 'wrong' }) + request()], 300);
  t.same(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1]),
    ['200', '401', '200'],
  );
  t.equal(await queued(), before + 2);
});

t.test('each of several secrets, each bot, a query, chunks and many pieces are accepted', async t => {
  const good = request();
  const json = textUpdate(++lastId);
  const half = json.length >> 1;
  const hex = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const sent: ReadonlyArray<ReadonlyArray<string | number>> = [
    [request({ secret: 'next-secret' })],
    [request({ start: 'POST /telegram/bot/webhook/second HTTP/1.1' })],
    [request({ start: `POST ${PATH}?a=1 HTTP/1.1` })],
    [
      request({
        headers: [host, 'Transfer-Encoding: chunked'],
        body: `${hex(json.slice(0, half))}${hex(json.slice(half))}0\r\n\r\n`,
      }),
    ],
    [...good].flatMap((character, i) => (i % 50 === 0 ? [character, 2] : [character])),
  ];
  const before = await queued();
  for (const parts of sent) t.equal((await raw(tgook.port, parts)).status, 200);
  t.equal(await queued(), before + sent.length);
});

t.test('the answer to an update has no body and keeps the connection', async t => {
  const { text } = await raw(tgook.port, [request()]);
  t.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  t.match(text, /\r\nContent-Length: 0\r\n/);
  t.notMatch(text, /Connection: close|Date:|Server:/i);
  t.ok(text.endsWith('\r\n\r\n'));
});
