import t from 'tap';
import {
  CHUNKED,
  chunksOf,
  freshUpdate,
  HOST,
  LIMIT,
  lengthOf,
  request,
  startTarget,
} from '../support/attack.js';
import type { RawConnection } from '../support/raw-connection.js';

/** Bodies that are too large are refused early, and bodies that are asked for only where they will be read. */

const target = await startTarget(t);

const EXPECT = 'Expect: 100-continue';
/** A request, the body of which is not sent. */
const head = (...headers: string[]) => request({ headers: [HOST, ...headers], body: '' });

target.table(t, [
  ['a body of the limit', '200', request({ body: padTo(LIMIT) })],
  [
    'a body of the limit, in chunks',
    '200',
    request({ headers: [HOST, CHUNKED], body: chunksOf(padTo(LIMIT), 100) }),
  ],
  ['one byte more', '413 end', request({ body: padTo(LIMIT + 1) })],
  [
    'one byte more, in chunks',
    '413 end',
    request({ headers: [HOST, CHUNKED], body: chunksOf(padTo(LIMIT + 1), 100) }),
  ],
  ['one byte more, of which none is sent', '413 end', head(`Content-Length: ${LIMIT + 1}`)],
  ['a gigabyte, of which none is sent', '413 end', head('Content-Length: 1073741824')],
  [
    'a gigabyte, and a wrong secret',
    '401 end',
    request({ headers: [HOST, 'Content-Length: 1073741824'], body: '', secret: 'no' }),
  ],
  [
    'a gigabyte to an unknown path',
    '404 end',
    `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: 1073741824\r\n\r\n`,
  ],
  ['the largest length there is', '413 end', head('Content-Length: 18446744073709551615')],
  ['a large body, and an update behind it', '413 end', request({ body: padTo(LIMIT + 1) }) + request()],
  [
    'large within small chunks',
    '413 end',
    request({ headers: [HOST, CHUNKED], body: chunksOf(padTo(LIMIT + 1), 1) }),
  ],
]);

/** A good update with blanks, as many bytes long as asked for. */
function padTo(bytes: number): string {
  return freshUpdate().padEnd(bytes, ' ');
}

target.table(t, [
  ['an expectation, and the body at once', '100 200', request().replace(HOST, `${HOST}\r\n${EXPECT}`)],
  [
    'an expectation in HTTP/1.0',
    '200 end',
    request().replace(HOST, `${HOST}\r\n${EXPECT}`).replace('HTTP/1.1', 'HTTP/1.0'),
  ],
  ['another expectation', '200', request().replace(HOST, `${HOST}\r\nExpect: cow`)],
  [
    'another expectation, and a wrong secret',
    '401',
    request({ secret: 'no' }).replace(HOST, `${HOST}\r\nExpect: cow`),
  ],
  ['an expectation of a large body', '413 end', head(EXPECT, `Content-Length: ${LIMIT + 1}`)],
  [
    'an expectation with a wrong secret',
    '401 end',
    request({ headers: [HOST, EXPECT, 'Content-Length: 9'], body: '', secret: 'no' }),
  ],
  [
    'an expectation on an unknown path',
    '404 end',
    `POST / HTTP/1.1\r\n${HOST}\r\n${EXPECT}\r\nContent-Length: 9\r\n\r\n`,
  ],
  [
    'an expectation of a gzipped body',
    '415 end',
    head(EXPECT, 'Content-Length: 9', 'Content-Encoding: gzip'),
  ],
  ['an expectation without a Host', '400 end', request({ headers: [EXPECT, 'Content-Length: 9'], body: '' })],
]);

t.test('a body that is waited for is asked for, and then taken', async t => {
  const body = freshUpdate();
  const before = await target.queued();
  const connection = await target.connect(head(EXPECT, lengthOf(body)));
  await connection.answers(1);
  t.equal(connection.answered, '100');
  t.equal(await target.queued(), before);
  connection.write(body);
  await connection.answers(2);
  t.equal(connection.answered, '100 200');
  await target.serves(t);
  t.equal(await target.queued(), before + 2);
  connection.close();
});

/** More than both systems' buffers hold (tcp_rmem, tcp_wmem), and much less than a second's worth of loopback. */
const MOST_TAKEN = 32 * 1024 * 1024;

for (const [name, answer, start, piece] of [
  ['a body of a gigabyte', 413, head('Content-Length: 1073741824'), 'x'.repeat(65_536)],
  ['chunks without end', 413, head(CHUNKED), `10000\r\n${'x'.repeat(65_536)}\r\n`],
  [
    'chunks without end, and a wrong secret',
    401,
    request({ headers: [HOST, CHUNKED], body: '', secret: 'no' }),
    `10000\r\n${'x'.repeat(65_536)}\r\n`,
  ],
  ['garbage without end', 400, 'garbage\r\n\r\n', 'x'.repeat(65_536)],
  ['headers without end', 431, 'GET / HTTP/1.1\r\n', 'X-A: b\r\n'.repeat(8192)],
] as const) {
  t.test(`${name} is answered ${answer}, and most of it is not read`, async t => {
    const connection = await target.connect(start);
    await flood(connection, Buffer.from(piece, 'latin1'));
    t.equal(connection.statuses.join(), String(answer));
    t.ok(connection.taken < MOST_TAKEN, `the system took ${connection.taken} bytes`);
    await target.serves(t);
  });
}

/** Writes as fast as the server reads, until it has closed the connection. */
async function flood(connection: RawConnection, piece: Buffer): Promise<void> {
  const { socket } = connection;
  const closed = new Promise(resolve => socket.on('close', resolve));
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
  await closed;
}
