import { setTimeout as sleep } from 'node:timers/promises';
import type { PrivateRedis } from '../../../lib/demo/private-redis.js';
import type { Random } from '../../../lib/telegram/samples/random.js';
import type { RedisProxy } from '../../support/redis-proxy.js';
import type { Supervised } from './supervised.js';

/** What a fault can be done to. */
export interface Scene {
  readonly tgook: Supervised;
  readonly redis: PrivateRedis;
  /** Stands between tgook and Redis; the consumer and the harness speak to Redis itself. */
  readonly proxy: RedisProxy;
  readonly random: Random;
}

/** Something that goes wrong while tgook serves, and is mended. */
export interface SoakFault {
  readonly name: string;
  /** For how many seconds. */
  readonly seconds: readonly [least: number, most: number];
  /**
   * It replaces processes, and happens in this first share of the soak only: whether memory stays flat can only
   * be seen in processes that live long.
   */
  readonly early?: number;
  /** Puts it, waits so long, and mends it. */
  readonly run: (scene: Scene, seconds: number) => Promise<unknown>;
}

export const SOAK_FAULTS: readonly SoakFault[] = [
  {
    // The youngest, so that one of them grows old.
    name: 'worker killed',
    seconds: [0, 0],
    run: async ({ tgook }) => {
      const youngest = tgook.workers().at(-1);
      if (youngest !== undefined) process.kill(youngest, 'SIGKILL');
    },
  },
  {
    name: 'primary killed',
    seconds: [0, 0],
    early: 1 / 4,
    run: async ({ tgook }) => {
      const ready = tgook.line(/^tgook is (?:ready|listening)/);
      tgook.signal('SIGKILL');
      await ready;
    },
  },
  {
    name: 'reload',
    seconds: [0, 0],
    early: 1 / 4,
    run: async ({ tgook }) => {
      const reloaded = tgook.line(/^reloaded/);
      tgook.signal('SIGHUP');
      await reloaded;
    },
  },
  {
    name: 'Redis killed',
    seconds: [1, 10],
    run: async ({ redis }, seconds) => {
      await redis.kill();
      await sleep(1000 * seconds);
      await redis.restart();
    },
  },
  {
    name: 'Redis stopped',
    seconds: [1, 30],
    run: async ({ redis }, seconds) => {
      redis.process.kill('SIGSTOP');
      await sleep(1000 * seconds);
      redis.process.kill('SIGCONT');
    },
  },
  {
    // Redis has the command and runs it; its answer does not arrive, and the connection breaks.
    name: 'replies cut',
    seconds: [3, 10],
    run: async ({ proxy, random }, seconds) => {
      proxy.replies = () => (random.chance(0.05) ? 'cut' : 'forward');
      await sleep(1000 * seconds);
      proxy.replies = () => 'forward';
    },
  },
  {
    // What was sent meanwhile arrives at its end, behind the 503 that it was answered with.
    name: 'partition',
    seconds: [2, 15],
    run: async ({ proxy }, seconds) => {
      proxy.part();
      await sleep(1000 * seconds);
      proxy.join();
    },
  },
  {
    name: 'delay up to 200 ms',
    seconds: [5, 20],
    run: async ({ proxy, random }, seconds) => {
      proxy.delay = () => random.int(0, 200);
      await sleep(1000 * seconds);
      proxy.delay = () => 0;
    },
  },
  {
    name: 'SCRIPT FLUSH at 10 Hz',
    seconds: [5, 20],
    run: ({ redis }, seconds) => repeat(seconds, 100, () => redis.client.script('FLUSH')),
  },
  {
    name: 'CLIENT PAUSE',
    seconds: [1, 10],
    run: async ({ redis }, seconds) => {
      await redis.client.call('CLIENT', 'PAUSE', String(Math.round(1000 * seconds)));
      await sleep(1000 * seconds);
    },
  },
  {
    name: 'maxmemory reached',
    seconds: [2, 10],
    run: async ({ redis }, seconds) => {
      await redis.client.config('SET', 'maxmemory', '1mb');
      await sleep(1000 * seconds);
      await redis.client.config('SET', 'maxmemory', '0');
    },
  },
  {
    name: 'NOREPLICAS',
    seconds: [2, 10],
    run: async ({ redis }, seconds) => {
      await redis.client.config('SET', 'min-replicas-to-write', '1');
      await sleep(1000 * seconds);
      await redis.client.config('SET', 'min-replicas-to-write', '0');
    },
  },
];

async function repeat(seconds: number, interval: number, act: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    await act();
    await sleep(interval);
  }
}
