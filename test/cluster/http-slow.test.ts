import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { CHUNKED, HOST, lengthOf, request, startTarget } from '../support/attack.js';
import type { RawConnection } from '../support/raw-connection.js';

/** Clients that take their time, many at once: all are answered 408 and closed, and good ones served meanwhile. */

const target = await startTarget(t);

const body = 'x'.repeat(100);
const head = (...headers: string[]) => request({ headers: [HOST, ...headers], body: '' });

/** What each client sends at first, what it goes on with every 200 ms, and what it is answered. */
const slow: ReadonlyArray<
  readonly [name: string, count: number, sent: string, drip: string, answers: string]
> = [
  ['silent connections', 2000, '', '', '408 end'],
  ['an empty line', 50, '\r\n', '\r\n', '408 end'],
  ['half a request line', 50, 'POST /', 'x', '408 end'],
  ['half a head', 50, `POST / HTTP/1.1\r\n${HOST}\r\n`, '', '408 end'],
  ['heads that never end', 200, `POST / HTTP/1.1\r\n${HOST}\r\n`, 'X-A: b\r\n', '408 end'],
  ['a body that does not come', 50, head(lengthOf(body)), '', '408 end'],
  ['bodies that never end', 200, head('Content-Length: 4000'), 'x', '408 end'],
  ['chunks that never end', 200, head(CHUNKED), '1\r\nx\r\n', '408 end'],
  ['chunk extensions that never end', 50, `${head(CHUNKED)}5;`, 'x', '408 end'],
  ['trailers that never end', 50, `${head(CHUNKED)}1\r\n{\r\n0\r\n`, 'a: b\r\n', '408 end'],
  ['a body that is asked for', 50, head('Expect: 100-continue', lengthOf(body)), '', '100 408 end'],
  [
    'refused bodies that never end',
    50,
    request({ headers: [HOST, 'Content-Length: 4000'], body: '', secret: 'no' }),
    'x',
    '401 end',
  ],
  ['half a head behind an update', 50, '', 'X-A: b\r\n', '200 408 end'],
];

t.test('slow clients', { timeout: 60_000 }, async t => {
  const before = await target.queued();
  const opened: Array<readonly [connection: RawConnection, drip: string, answers: string]> = [];
  for (const [name, count, sent, drip, answers] of slow) {
    const all = await Promise.all(
      Array.from({ length: count }, async () => {
        // Each update is one of its own.
        const bytes = answers.startsWith('200') ? `${request()}POST / HTTP/1.1\r\n` : sent;
        return [await target.connect(bytes), drip, answers] as const;
      }),
    );
    opened.push(...all);
    t.equal(all.length, count, name);
  }
  let good = 0;
  const dripping = setInterval(() => {
    for (const [connection, drip] of opened) if (!connection.ended && drip !== '') connection.write(drip);
  }, 200);
  t.teardown(() => clearInterval(dripping));
  let left = opened.length;
  const ended = opened.map(async ([connection]) => {
    await connection.end();
    left--;
  });
  while (left > 0) {
    const asked = performance.now();
    t.equal(await target.ask(request()), '200');
    t.ok(performance.now() - asked < 3500, 'a good update is answered in time');
    good++;
    await pause(250);
  }
  await Promise.all(ended);
  for (const [name, count, , , answers] of slow) {
    const those = opened.splice(0, count);
    t.same([...new Set(those.map(([connection]) => connection.answered))], [answers], name);
    for (const [connection] of those) connection.close();
  }
  const updates = slow
    .filter(([, , , , answers]) => answers.startsWith('200'))
    .reduce((sum, [, count]) => sum + count, 0);
  t.equal(await target.queued(), before + updates + good, 'nothing else was enqueued');
  await target.serves(t);
});
