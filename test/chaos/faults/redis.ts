import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../fault.js';

/** Acknowledged must survive a crash of Redis. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** What happens to Redis itself. */
export const REDIS_FAULTS: readonly Fault[] = [
  {
    name: 'redis-kill',
    what: 'Redis killed (-9) with appendfsync always, and started again',
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
];
