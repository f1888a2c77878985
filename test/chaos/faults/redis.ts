import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';
import { mendWithLateJobs } from './late.js';

/** Acknowledged must survive a crash of Redis. */
export const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** Redis is gone for a time, or says nothing. */
export const REDIS_FAULTS: readonly Fault[] = [
  {
    name: 'redis-killed',
    what: 'Redis killed (-9) with `appendfsync always`, and started again, three times',
    redis: DURABLE,
    async strike(scene) {
      for (let i = 0; i < 3; i++) {
        await pause(scene.random.int(300, 900));
        await scene.redis.kill();
        await scene.last(1000);
        await scene.redis.restart();
      }
    },
  },
  ...[1, 5, 30].map(seconds => ({
    name: `redis-stopped-${seconds}s`,
    what: `Redis stands still (SIGSTOP) for ${seconds} s; what it was sent meanwhile runs after that`,
    strike: (scene: Scene) => stopRedis(scene, seconds * 1000),
  })),
  {
    name: 'redis-loading',
    what: 'Redis killed (-9), and LOADING for seconds when it is back',
    // Microseconds for each command of the append-only file.
    redis: [...DURABLE, '--key-load-delay', '300'],
    async strike(scene) {
      // Enough for it to be long at it.
      await pause(2000);
      await scene.redis.kill();
      const begin = performance.now();
      await scene.redis.restart();
      scene.check(performance.now() - begin > 1000, 'Redis was not long at loading');
    },
  },
  {
    name: 'redis-paused',
    what: 'CLIENT PAUSE for 5 s',
    async strike(scene) {
      const { client } = scene.redis;
      await client.call('CLIENT', 'PAUSE', String(scene.lasting(5000)), 'ALL');
      await client.ping();
    },
  },
  {
    name: 'redis-silent',
    what: "something in Redis' place that takes connections and says nothing",
    async strike(scene) {
      scene.proxy.manner = 'silent';
      scene.proxy.cut();
      await scene.last(4000);
      scene.check((await scene.tgook.admin('/readyz')).status === 503, 'tgook says that it is ready');
      scene.proxy.manner = 'forward';
      scene.proxy.cut();
    },
  },
];

async function stopRedis(scene: Scene, milliseconds: number): Promise<void> {
  const { process: server } = scene.redis;
  server.kill('SIGSTOP');
  await scene.last(milliseconds);
  await mendWithLateJobs(scene, () => server.kill('SIGCONT'));
}
