import t from 'tap';
import {
  freshUpdate,
  HOST,
  lengthOf,
  PATH,
  type Row,
  request,
  SECRET,
  startTarget,
} from '../support/attack.js';

/** The head of a request: what is not HTTP, too long, or spelled in a way of its own. */

const target = await startTarget(t);

const body = freshUpdate();
const start = (line: string) => request({ start: line, headers: [HOST, lengthOf(body)], body });
const header = (line: string, json = body) => request({ headers: [HOST, lengthOf(json), line], body: json });

target.table(t, [
  ['the HTTP/2 preface', '400 end', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a TLS hello', '400 end', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['an SSH banner', '400 end', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['the PROXY protocol', '400 end', `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${request()}`],
  ['a command of Redis', '400 end', '*1\r\n$4\r\nPING\r\n'],
  ['bytes that are nothing', '400 end', Buffer.alloc(1000, 0xff)],
  ['HTTP/0.9', '400 end', `GET ${PATH}\r\n\r\n`],
  ['HTTP/0.9 with a version', '400 end', `GET ${PATH} HTTP/0.9\r\n\r\n`],
  ['HTTP/2.0', '400 end', start(`POST ${PATH} HTTP/2.0`)],
  ['HTTP/9.9', '400 end', start(`POST ${PATH} HTTP/9.9`)],
  ['a version without digits', '400 end', start(`POST ${PATH} HTTP/a.b`)],
  ['another protocol', '400 end', start(`POST ${PATH} ICY/1.1`)],
  ['a method in lower case', '400 end', start(`post ${PATH} HTTP/1.1`)],
  ['an unknown method', '400 end', start(`COW ${PATH} HTTP/1.1`)],
  ['a blank in the URL', '400 end', start(`POST ${PATH} x HTTP/1.1`)],
  ['NUL in the URL', '400 end', start(`POST ${PATH}\0 HTTP/1.1`)],
  ['CR in the URL', '400 end', start(`POST ${PATH}\r HTTP/1.1`)],
  ['LF in the URL', '400 end', start(`POST ${PATH}\n HTTP/1.1`)],
  ['bare LF for every line', '400 end', request({ body }).replaceAll('\r\n', '\n')],
  ['bare LF behind a header', '400 end', header('X-A: a\nX-B: b')],
  ['bare LF behind the head', '400 end', `POST ${PATH} HTTP/1.1\r\n${HOST}\r\n\n`],
  ['bare CR in a header', '400 end', header('X-A: a\rX-B: b')],
  ['a folded header', '400 end', header('X-A: a\r\n b')],
  ['a first header that is folded', '400 end', request({ headers: [` ${HOST}`, lengthOf(body)], body })],
  ['NUL in a header', '400 end', header('X-A: a\0b')],
  ['DEL in a header', '400 end', header('X-A: a\x7fb')],
  ['NUL in a name', '400 end', header('X-\0A: a')],
  ['a blank before the colon', '400 end', header('X-A : a')],
  ['a header without a colon', '400 end', header('X-A')],
  ['a header without a name', '400 end', header(': a')],
  ['no Host', '400', request({ headers: [lengthOf(body)], body })],
  [
    'no Host, and a long body on its way',
    '400',
    request({ headers: ['Content-Length: 4000'], body: 'x'.repeat(4000) }),
  ],
]);

target.table(t, [
  ['a header of more than 8 KiB', '431 end', header(`X-A: ${'x'.repeat(9000)}`)],
  ['a name of more than 8 KiB', '431 end', header(`${'x'.repeat(9000)}: a`)],
  ['headers of more than 8 KiB', '431 end', header('X-A: 0123456789\r\n'.repeat(700).trimEnd())],
  ['headers that do not end', '431 end', `POST ${PATH} HTTP/1.1\r\n${'a: b\r\n'.repeat(20_000)}`],
  ['a URL that does not end', '431 end', `POST /${'x'.repeat(100_000)}`],
  ['a URL of more than 8 KiB', '431 end', start(`POST ${PATH}?${'x'.repeat(9000)} HTTP/1.1`)],
  ['a URL of 7 KiB', '404', start(`POST /${'x'.repeat(7000)} HTTP/1.1`)],
  ['a query of 7 KiB', '200', request({ start: `POST ${PATH}?${'x'.repeat(7000)} HTTP/1.1` })],
  ['one header of 7 KiB', '200', header(`X-A: ${'x'.repeat(7000)}`, freshUpdate())],
  ['a thousand headers', '200', header('X: a\r\n'.repeat(1000).trimEnd(), freshUpdate())],
]);

const lower = freshUpdate();

target.table(t, [
  ['empty lines before the request', '200', `\r\n\r\n${request()}`],
  [
    'names in lower case',
    '200',
    request({ headers: ['host: a', lengthOf(lower).toLowerCase()], body: lower }),
  ],
  ['names in upper case', '200', request().replace(/^[\w-]+(?=: )/gm, name => name.toUpperCase())],
  ['an empty header', '200', header('X-A:', freshUpdate())],
  ['a header of other bytes than ASCII', '200', header('X-A: \xff\xfe\x80', freshUpdate())],
  ['Host twice', '200', header('Host: other.example', freshUpdate())],
  ['an empty Host', '200', request().replace(HOST, 'Host:')],
  ['names that mean something to JavaScript', '200', header('__proto__: a\r\nconstructor: b', freshUpdate())],
  [
    'a Cookie, an Authorization, a Range',
    '200',
    header('Cookie: a=b\r\nAuthorization: Basic YTpi\r\nRange: bytes=0-1', freshUpdate()),
  ],
  ['another Content-Type', '200', header('Content-Type: text/plain; charset=utf-16', freshUpdate())],
  ['an Upgrade that Connection does not name', '200', header('Upgrade: h2c', freshUpdate())],
  ['HTTP/1.0', '200 end', request().replace('HTTP/1.1', 'HTTP/1.0')],
  ['HTTP/1.0 without Host', '200 end', request().replace('HTTP/1.1', 'HTTP/1.0').replace(`${HOST}\r\n`, '')],
  [
    'HTTP/1.0 that keeps the connection',
    '200',
    header('Connection: keep-alive', freshUpdate()).replace('HTTP/1.1', 'HTTP/1.0'),
  ],
  ['Connection: close', '200 end', header('Connection: close', freshUpdate())],
  ['Connection: close among others', '200 end', header('Connection: TE, Close', freshUpdate())],
  ['both words of Connection', '200( end)?', header('Connection: keep-alive, close', freshUpdate())],
]);

const forged = [
  'X-Forwarded-For: 149.154.160.1',
  'Forwarded: for=149.154.160.1',
  'X-Real-IP: 127.0.0.1',
  'Via: 1.1 a',
];

target.table(t, [
  ...forged.map(
    (line): Row => [
      `${line}, and no secret`,
      '401',
      request({ headers: [HOST, lengthOf(body), line], secret: null, body }),
    ],
  ),
  ...forged.map((line): Row => [`${line}, with the secret`, '200', header(line, freshUpdate())]),
  [
    'X-HTTP-Method-Override on a GET',
    '405',
    request({ start: `GET ${PATH} HTTP/1.1`, headers: [HOST, 'X-HTTP-Method-Override: POST'], body: '' }),
  ],
  [
    'X-Original-URL on another path',
    '404',
    request({ start: 'POST / HTTP/1.1', headers: [HOST, lengthOf(body), `X-Original-URL: ${PATH}`], body }),
  ],
  [
    'a second secret behind a thousand headers',
    '401',
    request({
      headers: [
        HOST,
        lengthOf(body),
        `X-Telegram-Bot-Api-Secret-Token: ${SECRET}`,
        ...Array<string>(1200).fill('a:'),
      ],
      body,
    }),
  ],
]);
