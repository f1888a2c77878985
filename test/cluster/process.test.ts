import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { checkNothingLost, jobIds, LIST, Load, until } from '../support/load.js';
import { isAlive } from '../support/processes.js';
import { raw } from '../support/raw.js';
import { post, type Settings, startTgook, type Tgook, textUpdate, tgookOutput } from '../support/tgook.js';

async function start(t: Test, settings: Settings = {}): Promise<[Tgook, PrivateRedis]> {
  const redis = await startPrivateRedis();
  const tgook = await startTgook({ REDIS_PORT: redis.port, ...settings });
  t.teardown(async () => {
    tgook.process.kill('SIGKILL');
    await redis.stop();
  });
  return [tgook, redis];
}

/** What tgook prints where it ends by itself. */
const refusal = (settings: Settings, args: readonly string[] = []) =>
  tgookOutput(args, { TGOOK_ADMIN: 'off', LISTEN_PORT: 0, ...settings });

t.test('the start says what runs, in one line of JSON without a terminal', async t => {
  const [tgook] = await start(t, { TGOOK_HORIZON: 'never', SECRET_TOKEN: 'abc' });
  const line = await tgook.line(/tgook is ready/);
  t.match(line, {
    workers: 2,
    key: LIST,
    queue: 'telegram_updates',
    secret: 'on',
    horizon: 'off',
    format: /^object/,
    webhook: new RegExp(`:${tgook.port}/telegram/bot/webhook/`),
  });
  t.equal((await tgook.admin('/healthz')).status, 200);
  t.equal((await tgook.admin('/readyz')).status, 200);
  t.equal((await tgook.admin('/else')).status, 404);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(
    `${signal} answers what has begun, the next request on a kept connection too, and exits 0`,
    async t => {
      const [tgook, redis] = await start(t);
      const pids = tgook.workers();
      const body = textUpdate(1);
      const head = `POST /telegram/bot/webhook/main HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
      const begun = raw(tgook.port, [head + body.slice(0, 20), 600, body.slice(20)], 5000);
      const kept = raw(
        tgook.port,
        [head + body.replaceAll(':1', ':2'), 700, head + body.replaceAll(':1', ':3')],
        5000,
      );
      await pause(300);
      const before = Date.now();
      const end = await tgook.stop(signal);
      t.same(end, { code: 0, signal: null });
      t.ok(Date.now() - before < 8000, `gone after ${Date.now() - before} ms`);
      const answers = [await begun, await kept];
      t.match(answers[0]?.text, /^HTTP\/1\.1 200 OK\r\n.*Connection: close/s);
      t.match(answers[1]?.text, /^HTTP\/1\.1 200 OK\r\n.*HTTP\/1\.1 200 OK\r\n.*Connection: close/s);
      t.equal(await redis.client.llen(LIST), 3);
      t.notOk(pids.some(isAlive), 'all workers are gone');
    },
  );
}

t.test('a drain takes no new connection, and ends within 8 s with a silent one open', async t => {
  const [tgook] = await start(t);
  const idle = raw(tgook.port, [20_000], 20_000);
  await pause(200);
  const before = Date.now();
  const stopped = tgook.stop();
  await tgook.line(/SIGTERM/);
  await until(async () => (await raw(tgook.port, ['GET / HTTP/1.1\r\n\r\n'])).status === 0, 1000);
  t.equal((await stopped).code, 0);
  t.ok(Date.now() - before < 8000, `gone after ${Date.now() - before} ms`);
  await idle;
});

t.test('a second signal stops at once', async t => {
  const [tgook] = await start(t);
  const pids = tgook.workers();
  void raw(tgook.port, [20_000], 20_000);
  await pause(200);
  const stopped = tgook.stop();
  await tgook.line(/SIGTERM/);
  const before = Date.now();
  await tgook.stop();
  t.ok(Date.now() - before < 1000, `gone after ${Date.now() - before} ms`);
  await stopped;
  await until(() => !pids.some(isAlive), 1000);
});

t.test('without their primary the workers drain, and are gone within 4 s', async t => {
  const [tgook, redis] = await start(t);
  const pids = tgook.workers();
  t.equal(pids.length, 2);
  const body = textUpdate(1);
  const head = `POST /telegram/bot/webhook/main HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
  const begun = raw(tgook.port, [head + body.slice(0, 20), 800, body.slice(20)], 4000);
  const idle = raw(tgook.port, [20_000], 20_000);
  await pause(300);
  await tgook.stop('SIGKILL');
  const took = await until(() => !pids.some(isAlive), 4000);
  t.ok(took < 4000, `gone after ${took} ms`);
  t.match((await begun).text, /^HTTP\/1\.1 200 OK/);
  t.equal(await redis.client.llen(LIST), 1);
  await idle;
});

t.test('kill -9 of workers under load loses nothing that was answered 200', async t => {
  const [tgook, redis] = await start(t);
  const load = new Load(tgook, 16);
  for (let i = 0; i < 4; i++) {
    await pause(400);
    const [victim] = tgook.workers();
    if (victim !== undefined) process.kill(victim, 'SIGKILL');
  }
  await until(async () => tgook.workers().length === 2, 3000);
  await pause(500);
  await load.stop();
  await checkNothingLost(t, redis, load);
  t.equal(tgook.log.filter(({ msg }) => /a worker died/.test(msg)).length, 4, 'one line a death');
  t.same(await tgook.stop(), { code: 0, signal: null });
});

t.test('SIGTERM under load answers every request that was sent', async t => {
  const [tgook, redis] = await start(t);
  const load = new Load(tgook, 16);
  await pause(500);
  const stopping = tgook.stop();
  await pause(50);
  await load.stop();
  t.same(await stopping, { code: 0, signal: null });
  await checkNothingLost(t, redis, load);
  t.same(
    [...load.statuses.keys()].filter(status => status !== 200 && status !== 0),
    [],
  );
});

t.test('with Redis gone updates are answered 503, and 200 again within 3 s of its return', async t => {
  const [tgook, redis] = await start(t);
  const load = new Load(tgook, 8);
  await pause(400);
  await redis.kill();
  await until(() => (load.statuses.get(503) ?? 0) > 20, 3000);
  await until(async () => (await tgook.admin('/readyz')).status === 503, 1000);
  const lost = tgook.log.filter(({ msg }) => /^Redis at /.test(msg));
  t.ok(lost.length >= 1 && lost.length <= 2, `told in ${lost.length} lines`);
  // Without persistence a new server is empty: what counts begins with it.
  load.acknowledged.clear();
  await redis.restart();
  const took = await until(() => load.acknowledged.size > 0, 3000);
  t.ok(took < 3000, `200 again after ${took} ms`);
  await pause(500);
  await load.stop();
  await checkNothingLost(t, redis, load);
  t.notOk(load.statuses.has(0), 'no connection was reset');
  await tgook.line(/Redis takes writes again/);
  t.equal((await tgook.admin('/readyz')).status, 200);
});

t.test('a start without Redis says so in one line, answers 503, and works when it comes', async t => {
  const redis = await startPrivateRedis();
  t.teardown(() => redis.stop());
  await redis.kill();
  const tgook = await startTgook({ REDIS_PORT: redis.port });
  t.teardown(() => tgook.process.kill('SIGKILL'));
  t.equal((await post(tgook, 'main', textUpdate(1))).status, 503);
  t.equal((await tgook.admin('/healthz')).status, 200);
  t.equal((await tgook.admin('/readyz')).status, 503);
  t.equal(tgook.log.filter(({ msg }) => /^Redis at /.test(msg)).length, 1);
  await redis.restart();
  await until(async () => (await post(tgook, 'main', textUpdate(1))).status === 200, 3000);
});

t.test('a stopped Redis is answered for within 3.5 s, and an update it got late is not doubled', async t => {
  const [tgook, redis] = await start(t, { TGOOK_WORKERS: 1 });
  t.equal((await post(tgook, 'main', textUpdate(1))).status, 200);
  redis.process.kill('SIGSTOP');
  const before = Date.now();
  const statuses = await Promise.all(
    [2, 3, 4].map(async id => (await post(tgook, 'main', textUpdate(id))).status),
  );
  t.same(statuses, [503, 503, 503]);
  t.ok(Date.now() - before < 3500, `answered after ${Date.now() - before} ms`);
  redis.process.kill('SIGCONT');
  for (const id of [2, 3, 4]) {
    await until(async () => (await post(tgook, 'main', textUpdate(id))).status === 200, 3000);
  }
  t.same((await jobIds(redis)).sort(), [1, 2, 3, 4]);
});

t.test('a database that does not exist refuses the start', async t => {
  const redis = await startPrivateRedis(['--databases', '4']);
  t.teardown(() => redis.stop());
  const { code, stderr } = await refusal({ REDIS_PORT: redis.port, REDIS_DB: 9 });
  t.equal(code, 1);
  t.match(stderr, /^tgook: REDIS_DB names database 9, .*for example REDIS_DB=0\n$/);
});

t.test('a database that cannot be selected later leaves updates unanswered, never in database 0', async t => {
  const redis = await startPrivateRedis(['--databases', '4']);
  t.teardown(() => redis.stop());
  await redis.kill();
  const tgook = await startTgook({ REDIS_PORT: redis.port, REDIS_DB: 9 });
  t.teardown(() => tgook.process.kill('SIGKILL'));
  await redis.restart();
  await tgook.line(/REDIS_DB/);
  t.equal((await post(tgook, 'main', textUpdate(1))).status, 503);
  t.equal((await tgook.admin('/readyz')).status, 503);
  t.equal(await redis.client.dbsize(), 0);
});

t.test('a port that is in use ends the first start with one line', async t => {
  const redis = await startPrivateRedis();
  t.teardown(() => redis.stop());
  const blocker = createServer().listen(0, '0.0.0.0');
  await once(blocker, 'listening');
  t.teardown(() => blocker.close());
  const { port } = blocker.address() as { port: number };
  const webhook = await refusal({ REDIS_PORT: redis.port, LISTEN_PORT: port });
  t.equal(webhook.code, 1);
  t.match(webhook.stderr, new RegExp(`^tgook: LISTEN_PORT ${port} is in use .*\\n$`));
  const admin = await refusal({ REDIS_PORT: redis.port, TGOOK_ADMIN: `127.0.0.1:${port}` });
  t.equal(admin.code, 1);
  t.match(admin.stderr, /^tgook: TGOOK_ADMIN .* in use .*\n$/);
});

t.test('a wrong setting ends the start with one line', async t => {
  const { code, stderr, stdout } = await refusal({ TGOOK_WORKERS: 'many' });
  t.equal(code, 1);
  t.equal(stderr, 'tgook: TGOOK_WORKERS must be a whole number from 1 to 256; for example TGOOK_WORKERS=2\n');
  t.equal(stdout, '');
});

t.test(
  'an argument that is neither command nor file names both readings and the nearest command',
  async t => {
    const { code, stderr } = await refusal({}, ['dmo']);
    t.equal(code, 1);
    t.match(stderr, /^tgook: 'dmo' is neither a command nor an existing file.*tgook demo.*\.env.*\n$/);
  },
);

t.test('settings come from the file that the command line names', async t => {
  const redis = await startPrivateRedis();
  const env = `APP_NAME="My App"\nREDIS_PORT=${redis.port}\nSECRET=abc\nTELEGRAM_SECRET_TOKEN="\${SECRET}"\n`;
  const file = join(t.testdir({ 'app.env': env }), 'app.env');
  const tgook = await startTgook({}, [file]);
  t.teardown(async () => {
    tgook.process.kill('SIGKILL');
    await redis.stop();
  });
  t.equal((await post(tgook, 'main', textUpdate(1))).status, 401);
  t.equal((await post(tgook, 'main', textUpdate(1), 'abc')).status, 200);
  t.equal(await redis.client.llen('my_app_database_queues:telegram_updates'), 1);
});

t.test('--version and --help answer without Redis', async t => {
  const version = await refusal({}, ['--version']);
  t.match(version, { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
  const help = await refusal({}, ['--help']);
  t.match(help, { code: 0, stdout: /Usage: tgook .*demo.*SECRET_TOKEN/s });
});
