import t from 'tap';
import {
  freshUpdate,
  HOST,
  LIMIT,
  lengthOf,
  NEXT_SECRET,
  PATH,
  type Row,
  request,
  SECRET,
  startTarget,
} from '../support/attack.js';

/** Who may send what where: paths, methods, secrets, encodings. */

const target = await startTarget(t);

const WEBHOOK = '/telegram/bot/webhook/';
const body = freshUpdate();
const to = (url: string, method = 'POST') =>
  request({ start: `${method} ${url} HTTP/1.1`, headers: [HOST, lengthOf(body)], body });

const strangePaths = [
  '/',
  '*',
  '//',
  '/telegram/bot',
  '/telegram/bot/webhook',
  WEBHOOK,
  `${PATH}/`,
  `${PATH}/main`,
  `/${PATH}`,
  `/.${PATH}`,
  `/telegram//bot/webhook/main`,
  `${WEBHOOK}/main`,
  `${WEBHOOK}./main`,
  `${WEBHOOK}../webhook/main`,
  `${WEBHOOK}%2e%2e/main`,
  `${WEBHOOK}m%61in`,
  `${WEBHOOK}main%00`,
  `${WEBHOOK}main%20`,
  `${WEBHOOK}main;a=b`,
  `${WEBHOOK}ma~in`,
  `${WEBHOOK}main\\`,
  `${WEBHOOK}${'a'.repeat(128)}`,
  `${WEBHOOK}${'a'.repeat(129)}`,
  `${WEBHOOK}third`,
  `${WEBHOOK}MAIN`,
  `${WEBHOOK}__proto__`,
  PATH.toUpperCase(),
  `http://example.org${PATH}`,
  `HTTP://example.org:80${PATH}`,
];

target.table(t, [
  ...strangePaths.map((url): Row => [`POST ${url.slice(0, 60)}`, '404', to(url)]),
  ['bytes beyond ASCII', '400 end', to(`${WEBHOOK}m\xe4in`)],
  ['a fragment', '404', to(`${PATH}#a`)],
  ['an authority', '400 end', to('example.org:80')],
  ['another bot', '200', request({ start: `POST ${WEBHOOK}second HTTP/1.1` })],
  ['a query', '200', request({ start: `POST ${PATH}?a=/../b&c=%00 HTTP/1.1` })],
  ['an empty query', '200', request({ start: `POST ${PATH}? HTTP/1.1` })],
]);

const methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'QUERY'];

target.table(t, [
  ...methods.map((method): Row => [`${method} with a body`, '405', to(PATH, method)]),
  ['GET without a body', '405', request({ start: `GET ${PATH} HTTP/1.1`, headers: [HOST], body: '' })],
  ['OPTIONS *', '404', request({ start: 'OPTIONS * HTTP/1.1', headers: [HOST], body: '' })],
  [
    'CONNECT to another host',
    '400 end',
    request({ start: 'CONNECT example.org:80 HTTP/1.1', headers: [HOST], body: '' }),
  ],
  ['CONNECT to the webhook', '400 end', to(PATH, 'CONNECT')],
  [
    'an upgrade to WebSocket',
    '400 end',
    request({ headers: [HOST, 'Connection: Upgrade', 'Upgrade: websocket'], body: '' }),
  ],
  [
    'an upgrade to HTTP/2 with an update',
    '400 end',
    request({ headers: [HOST, lengthOf(body), 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c'], body }),
  ],
  [
    'an upgrade behind an update',
    '200 400 end',
    request() + request({ headers: [HOST, 'Connection: Upgrade', 'Upgrade: a'], body: '' }),
  ],
  [
    'CONNECT behind an update',
    '200 400 end',
    request() + request({ start: 'CONNECT a:1 HTTP/1.1', headers: [HOST], body: '' }),
  ],
]);

t.test('a 405 names the method that is allowed', async t => {
  const connection = await target.connect(to(PATH, 'GET'));
  await connection.answers(1);
  t.match(connection.text, /\r\nAllow: POST\r\n/);
  connection.close();
});

const name = 'X-Telegram-Bot-Api-Secret-Token';
const secrets: ReadonlyArray<readonly [told: string, secret: string | null]> = [
  ['none', null],
  ['an empty one', ''],
  ['blanks', '   '],
  ['a wrong one', 'the-secret_2'],
  ['a prefix', SECRET.slice(0, -1)],
  ['the end', SECRET.slice(1)],
  ['one letter', 't'],
  ['it and more', `${SECRET}1`],
  ['in upper case', SECRET.toUpperCase()],
  ['it with a blank inside', SECRET.replace('-', ' ')],
  ['both with a comma', `${SECRET},${NEXT_SECRET}`],
  ['both with a comma and a blank', `${SECRET}, ${NEXT_SECRET}`],
  ['in quotes', `"${SECRET}"`],
  ['percent-encoded', SECRET.replace('-', '%2D')],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['as Bearer', `Bearer ${SECRET}`],
  ['in fullwidth letters, as UTF-8', Buffer.from('\uff54\uff48\uff45-secret_1').toString('latin1')],
  ['with the byte ff behind it', `${SECRET}\xff`],
  ['257 letters', 'a'.repeat(257)],
  ['7000 letters', SECRET.padEnd(7000, 'a')],
];

target.table(t, [
  ...secrets.map(([told, secret]): Row => [`the secret, ${told}`, '401', request({ secret })]),
  ['the secret in UTF-16', '400 end', request({ secret: [...SECRET].join('\0') })],
  ['the secret twice', '401', request({ headers: [HOST, lengthOf(body), `${name}: ${SECRET}`], body })],
  [
    'both secrets, in two headers',
    '401',
    request({ headers: [HOST, lengthOf(body), `${name}: ${NEXT_SECRET}`], body }),
  ],
  ['an empty secret and the secret', '401', request({ headers: [HOST, lengthOf(body), `${name}:`], body })],
  [
    'the secret in the query',
    '401',
    request({ start: `POST ${PATH}?${name}=${SECRET} HTTP/1.1`, secret: null }),
  ],
  [
    'the secret as Authorization',
    '401',
    request({ headers: [HOST, lengthOf(body), `Authorization: Bearer ${SECRET}`], body, secret: null }),
  ],
  [
    'the secret under a name with underscores',
    '401',
    request({
      headers: [HOST, lengthOf(body), `${name.replaceAll('-', '_')}: ${SECRET}`],
      body,
      secret: null,
    }),
  ],
  ['no secret, on an unknown bot', '401', request({ start: `POST ${WEBHOOK}third HTTP/1.1`, secret: null })],
  ['blanks around the secret', '200', request({ secret: `  \t${SECRET}\t ` })],
  ['the next secret', '200', request({ secret: NEXT_SECRET })],
]);

const encoded = (value: string, json = body) =>
  request({ headers: [HOST, lengthOf(json), `Content-Encoding: ${value}`], body: json });

target.table(t, [
  ...[
    'gzip',
    'GZIP',
    'br',
    'x-gzip',
    'identity, gzip',
    'gzip, identity',
    'identity\r\nContent-Encoding: gzip',
    'cow',
    '',
  ].map((value): Row => [`Content-Encoding: ${JSON.stringify(value)}`, '415', encoded(value)]),
  ['Content-Encoding: identity', '200', encoded('Identity', freshUpdate())],
  [
    'gzip behind a thousand headers',
    '415',
    request({
      headers: [
        HOST,
        lengthOf(body),
        `${name}: ${SECRET}`,
        ...Array<string>(1200).fill('a:'),
        'Content-Encoding: gzip',
      ],
      secret: null,
      body,
    }),
  ],
  [
    'a refused body of a length within the limit is read past',
    '401 200',
    request({ body: 'x'.repeat(LIMIT), secret: 'no' }) + request(),
  ],
]);
