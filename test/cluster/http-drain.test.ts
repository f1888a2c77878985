import t from 'tap';
import { freshUpdate, HOST, lengthOf, request, startTarget } from '../support/attack.js';
import { signalled } from '../support/queue.js';

/** A worker that is going answers all that it takes, and `Connection: close` is on the last answer alone. */

t.test('updates that wait for Redis when the worker is told to go', async t => {
  const target = await startTarget(t);
  await signalled(target.redis, 'SIGSTOP');
  const connection = await target.connect(request() + request());
  await target.hasRead();
  const gone = target.tgook.stop('SIGTERM');
  await signalled(target.redis, 'SIGCONT');
  await connection.end();
  t.equal(connection.answered, '200 200 end');
  t.same(await gone, { code: 0, signal: null });
  t.equal(await target.queued(), 2);
});

t.test('what stands behind the last answer is not taken', async t => {
  const target = await startTarget(t);
  const body = freshUpdate();
  const opened = await Promise.all([target.connect(), target.connect(), target.connect()]);
  const [probe, refused, pipelined] = opened;
  for (const connection of opened) connection.write(request());
  await Promise.all(opened.map(connection => connection.answers(1)));
  // The probe's own request has begun before the worker is told to go, and ends behind it.
  probe.write(request({ headers: [HOST, lengthOf(body)], body: '' }));
  await target.hasRead();
  const gone = target.tgook.stop('SIGTERM');
  await target.tgook.line(/stopping|draining|SIGTERM/i);
  refused.write(request({ secret: 'wrong' }) + request());
  pipelined.write(request() + request() + request({ secret: 'wrong' }));
  await Promise.all([refused.end(), pipelined.end()]);
  probe.write(body);
  await probe.end();
  const taken = opened.reduce((sum, connection) => sum + connection.count(200), 0);
  t.equal(probe.answered, '200 200 end');
  t.match(refused.answered, /^200 401( 200)? end$/);
  t.match(pipelined.answered, /^200( 200)*( 401)? end$/);
  for (const { text } of opened) {
    t.equal(text.match(/Connection: close/g)?.length, 1, 'once');
    t.match(text, /Connection: close\r\n\r\n$/, 'on the last');
  }
  t.same(await gone, { code: 0, signal: null });
  t.equal(await target.queued(), taken, 'what was answered 200 is enqueued, and nothing else');
});
