import { once } from 'node:events';
import t from 'tap';
import { CHUNKED, freshUpdate, HOST, request, startTarget } from '../support/attack.js';
import { signalled } from '../support/queue.js';

/** Clients that close a half of their connection, or go away. */

const target = await startTarget(t);

const partial = request().slice(0, -5);

t.test('a client that sends nothing behind its update, FIN included, gets its answer', async t => {
  for (const sent of [request(), request() + request({ secret: 'wrong' }), request() + request()]) {
    const before = await target.queued();
    await signalled(target.redis, 'SIGSTOP');
    const connection = await target.connect(sent);
    connection.socket.end();
    await target.hasRead();
    t.equal(connection.answered, '', 'Redis is waited for');
    await signalled(target.redis, 'SIGCONT');
    await connection.end();
    t.equal(connection.statuses.length, sent.split(HOST).length - 1, 'every request is answered');
    await target.serves(t);
    t.equal(await target.queued(), before + 1 + connection.count(200));
  }
});

const cutOff: ReadonlyArray<readonly [name: string, answers: string, make: () => string]> = [
  ['nothing', 'end', () => ''],
  ['half a request line', '400 end', () => 'POST /tele'],
  ['half a head', '400 end', () => partial.slice(0, 60)],
  ['a head without its body', '400 end', () => request().replace(/\{.*/, '')],
  ['half a body', '400 end', () => partial],
  ['half a chunk', '400 end', () => request({ headers: [HOST, CHUNKED], body: '50\r\n{"upd' })],
  [
    'chunks without the last',
    '400 end',
    () =>
      request({
        headers: [HOST, CHUNKED],
        body: `${freshUpdate().length.toString(16)}\r\n${freshUpdate()}\r\n`,
      }),
  ],
  ['half a body that is refused', '401 end', () => request({ secret: 'wrong' }).slice(0, -5)],
  ['an update and half of another', '200 400 end', () => request() + partial],
];

for (const [name, answers, make] of cutOff) {
  t.test(`a client that closes its half behind ${name}: ${answers}`, async t => {
    const before = await target.queued();
    const connection = await target.connect(make());
    connection.socket.end();
    await connection.end();
    t.equal(connection.answered, answers);
    await target.serves(t);
    t.equal(await target.queued(), before + 1 + connection.count(200));
  });

  for (const way of ['closes', 'resets'] as const) {
    t.test(`a client that ${way} its connection behind ${name} does no harm`, async t => {
      const before = await target.queued();
      const connection = await target.connect(make());
      await target.hasRead();
      if (way === 'closes') connection.close();
      else connection.socket.resetAndDestroy();
      await once(connection.socket, 'close');
      await target.serves(t);
      const whole = answers.startsWith('200') ? 1 : 0;
      t.equal(await target.queued(), before + 1 + whole, 'only what is whole is enqueued');
    });
  }
}

t.test('a client that goes away behind its update has it enqueued once, its retry included', async t => {
  for (const way of ['destroy', 'resetAndDestroy'] as const) {
    const before = await target.queued();
    const sent = request();
    await signalled(target.redis, 'SIGSTOP');
    const connection = await target.connect(sent);
    await target.hasRead();
    connection.socket[way]();
    await once(connection.socket, 'close');
    await target.hasRead();
    await signalled(target.redis, 'SIGCONT');
    t.equal(await target.ask(sent), '200', 'the retry is answered');
    t.equal(await target.queued(), before + 1, 'and there is one job');
    await target.serves(t);
  }
});
