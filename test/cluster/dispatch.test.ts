import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { checkNothingLost, LIST, Load, until } from '../support/load.js';
import { raw } from '../support/raw.js';
import { startTgook, type Tgook, textUpdate } from '../support/tgook.js';

async function start(t: Test): Promise<[Tgook, PrivateRedis]> {
  const redis = await startPrivateRedis();
  const tgook = await startTgook({ REDIS_PORT: redis.port });
  t.teardown(async () => {
    tgook.process.kill('SIGKILL');
    await redis.stop();
  });
  return [tgook, redis];
}

function request(id: number): string {
  const body = textUpdate(id);
  return `POST /telegram/bot/webhook/main HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

t.test('connections that a killed worker was given and had not taken are served by another', async t => {
  const [tgook, redis] = await start(t);
  const [victim, other] = tgook.workers();
  // Each is given half of them, and takes none.
  for (const pid of [victim, other]) process.kill(pid!, 'SIGSTOP');
  const answers = Promise.all(Array.from({ length: 20 }, (_, i) => raw(tgook.port, [request(i + 1)], 0)));
  await pause(300);
  process.kill(victim!, 'SIGKILL');
  process.kill(other!, 'SIGCONT');
  t.same(new Set((await answers).map(({ status }) => status)), new Set([200]));
  t.equal(await redis.client.llen(LIST), 20);
});

t.test('connections that come while no worker is there wait for the next one', async t => {
  const [tgook, redis] = await start(t);
  for (const pid of tgook.workers()) process.kill(pid, 'SIGKILL');
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => raw(tgook.port, [request(i + 1)], 0)),
  );
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
  t.equal(await redis.client.llen(LIST), 20);
});

t.test('a worker that was told to end is replaced without a failed request', async t => {
  const [tgook, redis] = await start(t);
  const load = new Load(tgook, 16);
  await until(() => load.acknowledged.size > 50, 5000);
  const old = tgook.workers();
  process.kill(old[0]!, 'SIGTERM');
  await tgook.line(/^a worker was told to end, and is replaced/);
  await until(() => tgook.workers().every(pid => pid !== old[0]) && tgook.workers().length === 2, 9000);
  await pause(200);
  await load.stop();
  t.same([...load.statuses.keys()], [200]);
  await checkNothingLost(t, redis, load);
});

t.test('the connections of a burst are spread evenly', async t => {
  const [tgook] = await start(t);
  const before = tgook.workers().map(socketsOf);
  const open = Array.from({ length: 40 }, () => raw(tgook.port, [5000], 5000));
  const more = () => tgook.workers().map((pid, i) => socketsOf(pid) - before[i]!);
  await until(() => more().reduce((sum, count) => sum + count, 0) === 40, 5000);
  // One that is slow just then may be given only as many as can be on their way to it.
  t.ok(Math.min(...more()) >= 16, `${more()}`);
  tgook.process.kill('SIGKILL');
  await Promise.all(open);
});

/** How many sockets a process has open. */
function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter(fd => readlinkSync(`${folder}/${fd}`).startsWith('socket:')).length;
}
