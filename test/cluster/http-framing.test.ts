import t from 'tap';
import {
  CHUNKED,
  chunksOf,
  freshUpdate,
  HOST,
  lengthOf,
  PATH,
  type Row,
  request,
  SECRET,
  startTarget,
} from '../support/attack.js';

/** Content-Length and Transfer-Encoding: where two readers could see different ends of a body. */

const target = await startTarget(t);

const body = freshUpdate();
const length = lengthOf(body);
const inside = request();

const withHeaders = (...headers: string[]) => request({ headers: [HOST, ...headers], body });
const withTransfer = (value: string, chunks = chunksOf(body)) =>
  request({ headers: [HOST, `Transfer-Encoding:${value}`], body: chunks });

const lengths = [
  '1x',
  '-5',
  `+${body.length}`,
  '0x10',
  '1e2',
  '1 0',
  '5.0',
  '',
  '\x0b5',
  '9'.repeat(20),
  '1'.repeat(40),
];

target.table(t, [
  ...lengths.map(
    (value): Row => [
      `Content-Length: ${JSON.stringify(value)}`,
      '400 end',
      withHeaders(`Content-Length: ${value}`),
    ],
  ),
  ['two different Content-Lengths', '400 end', withHeaders(length, 'Content-Length: 5')],
  ['the same Content-Length twice', '400 end', withHeaders(length, length)],
  ['a list of Content-Lengths', '400 end', withHeaders(`${length}, ${body.length}`)],
  ['a body without its length', '400 400 end', withHeaders()],
  ['a body longer than its length', '400 400 end', withHeaders('Content-Length: 5')],
  ['blanks around the Content-Length', '200', withHeaders(`Content-Length: \t${body.length} `)],
]);

target.table(t, [
  [
    'Content-Length before chunked',
    '400 end',
    request({ headers: [HOST, length, CHUNKED], body: chunksOf(body) }),
  ],
  [
    'chunked before Content-Length',
    '400 end',
    request({ headers: [HOST, CHUNKED, length], body: chunksOf(body) }),
  ],
  [
    'a request behind the last chunk, within the Content-Length',
    '400 end',
    request({ headers: [HOST, lengthOf(`0\r\n\r\n${inside}`), CHUNKED], body: `0\r\n\r\n${inside}` }),
  ],
  [
    'a request behind the Content-Length, within a chunk',
    '400 end',
    request({ headers: [HOST, 'Content-Length: 4', CHUNKED], body: chunksOf(inside) }),
  ],
  [
    'a good request as the body of a bad one',
    '401',
    request({ headers: [HOST, lengthOf(inside)], secret: 'wrong', body: inside }),
  ],
]);

const otherTransfers = [
  '',
  ' cow',
  ' identity',
  ' xchunked',
  ' "chunked"',
  ' chunked;q=1',
  ' \x0bchunked',
  ' chunked,',
  ' ,chunked',
  ' gzip, chunked',
  ' chunked, gzip',
  ' chunked, chunked',
  ' chunked\r\nTransfer-Encoding: chunked',
  ' identity\r\nTransfer-Encoding: chunked',
];

target.table(t, [
  ...otherTransfers.map(
    (value): Row => [`Transfer-Encoding:${JSON.stringify(value)}`, '400|501 end', withTransfer(value)],
  ),
  ...['\tchunked', ' chunked ', ' Chunked', ' CHUNKED'].map(
    (value): Row => [
      `Transfer-Encoding:${JSON.stringify(value)}`,
      '200',
      withTransfer(value, chunksOf(freshUpdate())),
    ],
  ),
  [
    'a blank before the colon',
    '400 end',
    request({ headers: [HOST, 'Transfer-Encoding : chunked'], body: chunksOf(body) }),
  ],
  ['chunked on a folded line', '400 end', withTransfer('\r\n chunked')],
  ['chunked behind a bare LF', '400 end', withHeaders(length, 'X-A: a\nTransfer-Encoding: chunked')],
  ['chunked behind a bare CR', '400 end', withHeaders(length, 'X-A: a\rTransfer-Encoding: chunked')],
  [
    'chunks in HTTP/1.0',
    '400 end',
    request({ start: `POST ${PATH} HTTP/1.0`, headers: [HOST, CHUNKED], body: chunksOf(body) }),
  ],
  [
    'a Transfer-Encoding behind a thousand headers',
    '501 end',
    request({
      headers: [
        HOST,
        `X-Telegram-Bot-Api-Secret-Token: ${SECRET}`,
        ...Array<string>(1200).fill('a:'),
        'Transfer-Encoding: gzip, chunked',
      ],
      secret: null,
      body: chunksOf(body),
    }),
  ],
]);

const other = freshUpdate();
target.table(t, [
  [
    'a header whose name only looks like Transfer-Encoding',
    '200',
    request({ headers: [HOST, lengthOf(other), 'Transfer_Encoding: chunked'], body: other }),
  ],
]);
