import t from 'tap';
import {
  CHUNKED,
  chunksOf,
  HOST,
  LIMIT,
  lengthOf,
  PATH,
  type Row,
  request,
  startTarget,
} from '../support/attack.js';
import { signalled } from '../support/queue.js';

/** Answers come in the order of their requests, whatever Redis does meanwhile; and each update has its own. */

const target = await startTarget(t);

const long = 'x'.repeat(LIMIT + 1);
const wrong = () => request({ secret: 'wrong' });

const behindAnUpdate: readonly Row[] = [
  ['nothing', '200', ''],
  ['another update', '200 200', request()],
  ['a wrong secret', '200 401', wrong()],
  ['a wrong secret and another update', '200 401 200', wrong() + request()],
  ['garbage', '200 400 end', 'garbage\r\n\r\n'],
  ['garbage and another update', '200 400 end', `garbage\r\n\r\n${request()}`],
  ['headers that are too long', '200 431 end', `GET / HTTP/1.1\r\nX-A: ${'x'.repeat(9000)}`],
  ['no Host', '200 400', request({ headers: ['Content-Length: 0'], body: '' })],
  [
    'a body that is announced as too large',
    '200 413 end',
    request({ headers: [HOST, lengthOf(long)], body: '' }),
  ],
  ['a body that is too large, and another update', '200 413 end', request({ body: long }) + request()],
  [
    'chunks that are too large',
    '200 413 end',
    request({ headers: [HOST, CHUNKED], body: chunksOf(long) }) + request(),
  ],
  ['a bad chunk', '200 400 end', request({ headers: [HOST, CHUNKED], body: '5\r\nabcdefg' }) + request()],
  [
    'a bad chunk behind a wrong secret',
    '200 401 end',
    request({ headers: [HOST, CHUNKED], secret: 'no', body: 'zz\r\n' }) + request(),
  ],
  [
    'a bad chunk behind an unknown path',
    '200 404 end',
    `POST / HTTP/1.1\r\n${HOST}\r\n${CHUNKED}\r\n\r\nzz\r\n${request()}`,
  ],
  [
    'an upgrade and another update',
    '200 400 end',
    request({ headers: [HOST, 'Connection: Upgrade', 'Upgrade: a'], body: '' }) + request(),
  ],
  ['CONNECT', '200 400 end', `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n\r\n`],
  ['an update and garbage', '200 200 400 end', `${request()}garbage\r\n\r\n`],
  ['an update and a body that is too large', '200 200 413 end', request() + request({ body: long })],
  ['an expectation', '200 100 200', request().replace(HOST, `${HOST}\r\nExpect: 100-continue`)],
];

for (const [name, answers, sent] of behindAnUpdate) {
  t.test(`an update that waits for Redis, and behind it ${name}: ${answers}`, async t => {
    const before = await target.queued();
    await signalled(target.redis, 'SIGSTOP');
    const connection = await target.connect(request() + sent);
    await target.hasRead();
    t.equal(connection.text, '', 'no answer overtakes');
    await signalled(target.redis, 'SIGCONT');
    await connection.answers(answers.replace(' end', '').split(' ').length);
    if (answers.endsWith('end')) await connection.end();
    await target.serves(t);
    t.equal(connection.answered, answers);
    t.equal(await target.queued(), before + 1 + connection.count(200), 'what was answered 200 is enqueued');
    connection.close();
  });
}

t.test('nothing is taken behind a request that closes the connection', async t => {
  for (const closing of [
    request().replace(HOST, `${HOST}\r\nConnection: close`),
    request().replace('HTTP/1.1', 'HTTP/1.0'),
  ]) {
    const before = await target.queued();
    await signalled(target.redis, 'SIGSTOP');
    const connection = await target.connect(closing + request());
    await target.hasRead();
    await signalled(target.redis, 'SIGCONT');
    await connection.end();
    await target.serves(t);
    t.equal(connection.answered, '200 end');
    t.equal(await target.queued(), before + 2);
  }
});

t.test('a thousand updates that are written at once are answered one by one', async t => {
  const before = await target.queued();
  const connection = await target.connect(Array.from({ length: 1000 }, () => request()).join(''));
  await connection.answers(1000);
  t.equal(connection.answered, '200 '.repeat(1000).trim());
  await target.serves(t);
  t.equal(await target.queued(), before + 1001);
  connection.close();
});

t.test('an update in many pieces is answered once', async t => {
  const before = await target.queued();
  const connection = await target.connect();
  connection.socket.setNoDelay(true);
  const bytes = request();
  for (let at = 0; at < bytes.length; at += 7) {
    connection.write(bytes.slice(at, at + 7));
    // The worker reads each piece by itself.
    if (at % 70 === 0) await target.hasRead();
  }
  await connection.answers(1);
  t.equal(connection.answered, '200');
  await target.serves(t);
  t.equal(await target.queued(), before + 2);
  connection.close();
});

t.test('the answer to an update has no body and keeps the connection', async t => {
  const connection = await target.connect(request());
  await connection.answers(1);
  t.match(connection.text, /^HTTP\/1\.1 200 OK\r\n/);
  t.match(connection.text, /\r\nContent-Length: 0\r\n/);
  t.match(connection.text, /\r\nConnection: keep-alive\r\n/);
  t.notMatch(connection.text, /Date:|Server:|Keep-Alive:|Transfer-Encoding:/i);
  t.ok(connection.text.endsWith('\r\n\r\n'));
  connection.write(request({ start: `POST ${PATH}?again HTTP/1.1` }));
  await connection.answers(2);
  t.equal(connection.answered, '200 200');
  connection.close();
});
