import t from 'tap';
import {
  CHUNKED,
  chunksOf,
  freshUpdate,
  HOST,
  LIMIT,
  type Row,
  request,
  startTarget,
} from '../support/attack.js';

/** Chunked bodies: sizes, extensions, trailers, and what stands behind them. */

const target = await startTarget(t);

const body = freshUpdate();
const size = body.length.toString(16);
const sizes = ['zz', '', '-5', '+5', '0x5', ' 5', '5 5', '5g', 'f'.repeat(18), `1${'0'.repeat(16)}5`];

const chunked = (chunks: string) => request({ headers: [HOST, CHUNKED], body: chunks });

target.table(t, [
  ...sizes.map(
    (bad): Row => [
      `a size of ${JSON.stringify(bad)}`,
      '400|413 end',
      chunked(`${bad}\r\n${body}\r\n0\r\n\r\n`),
    ],
  ),
  ['LF behind a size', '400 end', chunked(`${size}\n${body}\r\n0\r\n\r\n`)],
  ['LF behind a chunk', '400 end', chunked(`${size}\r\n${body}\n0\r\n\r\n`)],
  ['LF behind the last chunk', '400 end', chunked(`${size}\r\n${body}\r\n0\n\n`)],
  ['a chunk longer than its size', '400 end', chunked(`5\r\n${body}\r\n0\r\n\r\n`)],
  ['chunks of one byte', '200', chunked(chunksOf(freshUpdate(), 1))],
  ['zeros in front of a size', '200', chunked(`0000${chunksOf(freshUpdate())}`)],
  [
    'a last chunk of many zeros',
    '200',
    chunked(chunksOf(freshUpdate()).replace(/0\r\n\r\n$/, '00000\r\n\r\n')),
  ],
  ['no chunk but the last', '400', chunked('0\r\n\r\n')],
  ['garbage behind the last chunk', '200 400 end', `${chunked(chunksOf(freshUpdate()))}garbage\r\n\r\n`],
  [
    'a bad request behind the last chunk',
    '200 401',
    chunked(chunksOf(freshUpdate())) + request({ secret: 'no' }),
  ],
  ['a good request behind the last chunk', '200 200', chunked(chunksOf(freshUpdate())) + request()],
]);

target.table(t, [
  ['extensions', '200', chunked(chunksOf(freshUpdate()).replace('\r\n', ';a=b;c="d"\r\n'))],
  ['LF within an extension', '400 end', chunked(`${size};a\nb\r\n${body}\r\n0\r\n\r\n`)],
  ['CR within an extension', '400 end', chunked(`${size};a\rb\r\n${body}\r\n0\r\n\r\n`)],
  ['an extension that does not end', '413 end', chunked(`${size};${'x'.repeat(40_000)}`)],
  ['a body beyond the limit', '413 end', chunked(chunksOf('x'.repeat(LIMIT + 1)))],
  ['tiny chunks beyond the limit', '413 end', chunked(chunksOf('x'.repeat(LIMIT + 1), 1))],
  ['chunks without end', '413 end', chunked(`400\r\n${'x'.repeat(0x400)}\r\n`.repeat(1000))],
  [
    'a chunk that is announced as larger than any body',
    '413 end',
    chunked(`7fffffff\r\n${'x'.repeat(100_000)}`),
  ],
]);

const trailers = (lines: string) => chunksOf(freshUpdate()).replace(/\r\n$/, `${lines}\r\n\r\n`);
const SECRET_TRAILER = 'X-Telegram-Bot-Api-Secret-Token: the-secret_1';

target.table(t, [
  ['a trailer', '200', chunked(trailers('X-A: b'))],
  ['a length as a trailer', '400 end', chunked(trailers(`Content-Length: ${LIMIT * 2}`))],
  [
    'the secret as a trailer',
    '401 end',
    request({ headers: [HOST, CHUNKED], secret: null, body: trailers(SECRET_TRAILER) }),
  ],
  ['NUL in a trailer', '400 end', chunked(trailers('X-A: a\0b'))],
  ['more than 8 KiB in a trailer', '431 end', chunked(trailers(`X-A: ${'x'.repeat(9000)}`))],
  ['trailers that do not end', '431 end', chunked(`${size}\r\n${body}\r\n0\r\n${'a: b\r\n'.repeat(10_000)}`)],
]);
