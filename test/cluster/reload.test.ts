import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { freePort } from '../../lib/demo/free-port.js';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { checkNothingLost, LIST, Load, until } from '../support/load.js';
import { isAlive } from '../support/processes.js';
import { raw } from '../support/raw.js';
import { post, type Settings, startTgook, type Tgook, textUpdate } from '../support/tgook.js';

/** Settings of the file, which a reload reads again. */
type Lines = Readonly<Record<string, string | number>>;

interface Reloadable {
  readonly tgook: Tgook;
  readonly redis: PrivateRedis;
  write(lines: Lines): void;
  /** Writes the file, signals, and resolves with the last word on it. */
  reload(lines?: Lines): Promise<Record<string, unknown> & { msg: string }>;
}

async function start(t: Test, lines: Lines = {}, environment: Settings = {}): Promise<Reloadable> {
  const redis = await startPrivateRedis();
  const file = join(t.testdir({}), '.env');
  const write = (changed: Lines) => {
    const all = { REDIS_PORT: redis.port, TGOOK_WORKERS: 2, ...changed };
    const text = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, text.join(''), { mode: 0o600 });
  };
  write(lines);
  // What the environment has wins over the file.
  const tgook = await startTgook({ TGOOK_WORKERS: undefined, ...environment }, [file]);
  t.teardown(async () => {
    tgook.process.kill('SIGKILL');
    await redis.stop();
  });
  return {
    tgook,
    redis,
    write,
    async reload(changed) {
      if (changed !== undefined) write(changed);
      const before = words(tgook).length;
      tgook.process.kill('SIGHUP');
      await until(() => words(tgook).length > before, 10_000);
      return words(tgook).at(-1)!;
    },
  };
}

const words = ({ log }: Tgook) => log.filter(({ msg }) => /^reloaded|^the reload/.test(msg));
const DONE = { msg: /^reloaded/ };

/** A request for each update, written at once or in two parts. */
function request(id: number): { head: string; body: string } {
  const body = textUpdate(id);
  const head = `POST /telegram/bot/webhook/main HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
  return { head, body };
}

t.test('under load, reloads replace every worker without one failed request', async t => {
  const { tgook, redis, reload } = await start(t);
  const load = new Load(tgook, 16);
  await until(() => load.acknowledged.size > 50, 5000);
  for (let i = 0; i < 4; i++) {
    const before = tgook.workers();
    t.match(await reload(), DONE);
    t.equal(new Set([...before, ...tgook.workers()]).size >= before.length + 2, true, 'two new processes');
    const seen = load.acknowledged.size;
    await until(() => load.acknowledged.size > seen + 20, 5000);
  }
  await load.stop();
  t.same([...load.statuses.keys()], [200], 'nothing but 200, and no connection was reset');
  await checkNothingLost(t, redis, load);
  await until(() => tgook.workers().length === 2, 8000);
  t.same(await tgook.stop(), { code: 0, signal: null });
});

t.test('a reload brings fresh settings, and names those that have changed', async t => {
  const { tgook, reload } = await start(t, { SECRET_TOKEN: 'first' });
  t.equal((await post(tgook, 'main', textUpdate(1), 'first')).status, 200);
  t.match(await reload({ SECRET_TOKEN: 'second', TGOOK_LOG_LEVEL: 'debug' }), {
    ...DONE,
    changed: ['SECRET_TOKEN', 'TGOOK_LOG_LEVEL'],
  });
  // Until then a kept connection has one more answer of the old worker.
  await until(() => tgook.workers().length === 2, 8000);
  t.equal((await post(tgook, 'main', textUpdate(2), 'first')).status, 401);
  t.equal((await post(tgook, 'main', textUpdate(2), 'second')).status, 200);
  t.notMatch(JSON.stringify(tgook.log), /first|second/, 'values are not told');
});

t.test('settings that cannot be used leave the old workers serving, and say so', async t => {
  const { tgook, redis, reload } = await start(t);
  const pids = tgook.workers();
  for (const [lines, why] of [
    [{ TGOOK_WORKERS: 'many' }, /^the reload has failed.*: TGOOK_WORKERS must be a whole number/],
    [{ REDIS_DB: 999 }, /^the reload has failed.*: REDIS_DB names database 999/],
    [{ REDIS_PORT: 1 }, /^the reload has failed.*: Redis at 127\.0\.0\.1:1: .*REFUSED/],
  ] as const) {
    t.match(await reload(lines), { msg: why });
    t.same(tgook.workers(), pids);
  }
  t.equal((await post(tgook, 'main', textUpdate(1))).status, 200);
  t.match(await reload({}), DONE, 'and once they can be used, they are');
  t.equal((await post(tgook, 'main', textUpdate(2))).status, 200);
  t.equal(await redis.client.llen(LIST), 2);
});

t.test('with Redis away a reload goes on: the workers cannot use theirs either', async t => {
  const { tgook, redis, reload } = await start(t);
  await redis.kill();
  await until(async () => (await tgook.admin('/readyz')).status === 503, 3000);
  t.match(await reload(), DONE);
  await redis.restart();
  await until(async () => (await post(tgook, 'main', textUpdate(1))).status === 200, 3000);
});

t.test(
  'signals that come during a reload are joined into one more, which sees what was written last',
  async t => {
    const { tgook, write } = await start(t, { SECRET_TOKEN: 'first' });
    tgook.process.kill('SIGHUP');
    await until(() => tgook.workers().length > 2, 5000);
    write({ SECRET_TOKEN: 'last' });
    for (let i = 0; i < 5; i++) {
      tgook.process.kill('SIGHUP');
      await pause(10);
    }
    await until(() => words(tgook).length === 2, 10_000);
    t.equal((await post(tgook, 'main', textUpdate(1), 'last')).status, 200);
    await until(() => tgook.workers().length === 2, 8000);
    t.equal(words(tgook).length, 2, 'no third one');
  },
);

t.test('SIGTERM during a reload ends it in order, without a word on the reload', async t => {
  const { tgook } = await start(t);
  tgook.process.kill('SIGHUP');
  await until(() => tgook.workers().length > 2, 5000);
  t.same(await tgook.stop(), { code: 0, signal: null });
  t.same(words(tgook), []);
});

t.test('more workers, and fewer', async t => {
  const { tgook, reload } = await start(t);
  t.match(await reload({ TGOOK_WORKERS: 4 }), { ...DONE, workers: 4 });
  await until(() => tgook.workers().length === 4, 8000);
  t.match(await reload({ TGOOK_WORKERS: 1 }), { ...DONE, workers: 1 });
  await until(() => tgook.workers().length === 1, 8000);
  t.equal((await post(tgook, 'main', textUpdate(1))).status, 200);
});

t.test('another port is listened on, and one that is in use changes nothing', async t => {
  const [one, other] = await Promise.all([freePort(), freePort()]);
  const { tgook, reload } = await start(t, { LISTEN_PORT: one }, { LISTEN_PORT: undefined });
  const at = (port: number) => raw(port, ['GET / HTTP/1.1\r\nHost: a\r\n\r\n']);
  const blocker = createServer().listen(other, '127.0.0.1');
  await once(blocker, 'listening');
  const pids = tgook.workers();
  t.match(await reload({ LISTEN_PORT: other }), { msg: /^the reload has failed.*: LISTEN_PORT .* in use/ });
  t.same(tgook.workers(), pids);
  t.equal((await at(one)).status, 404);
  blocker.close();
  await once(blocker, 'close');
  t.match(await reload({ LISTEN_PORT: other }), DONE);
  t.equal((await at(other)).status, 404);
  t.equal((await at(one)).status, 0, 'the old one is closed');
});

t.test(
  'a request that has begun, and the next one on a kept connection, are answered by the old worker',
  async t => {
    const { tgook, redis, reload } = await start(t);
    const [first, second, third] = [request(1), request(2), request(3)];
    const begun = raw(tgook.port, [first.head + first.body.slice(0, 20), 2500, first.body.slice(20)], 500);
    const kept = raw(tgook.port, [second.head + second.body, 2500, third.head + third.body], 3500);
    await until(async () => (await redis.client.llen(LIST)) === 1, 3000);
    const old = tgook.workers();
    t.match(await reload(), DONE);
    t.match((await begun).text, /^HTTP\/1\.1 200 OK\r\n.*Connection: close/s);
    t.match((await kept).text, /^HTTP\/1\.1 200 OK\r\n.*HTTP\/1\.1 200 OK\r\n.*Connection: close/s);
    await until(() => !old.some(isAlive), 8000);
    t.equal(await redis.client.llen(LIST), 3);
  },
);
