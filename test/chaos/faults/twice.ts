import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';
import { cutAnswers } from './network.js';
import { DURABLE } from './redis.js';

/** An update comes again, and is a job already. */
export const TWICE_FAULTS: readonly Fault[] = [
  {
    name: 'twice-to-workers',
    what: 'every update twice at the same moment to the workers of one tgook, with answers cut',
    twice: 'to workers',
    strike: scene => cutSome(scene),
  },
  {
    name: 'twice-to-hosts',
    what: 'every update at the same moment to two hosts on the same Redis, with answers cut, and one restarted',
    twice: 'to hosts',
    async strike(scene) {
      await cutSome(scene);
      await scene.tgook.stop();
      await scene.startAgain();
    },
  },
  {
    name: 'all-restarted',
    what: 'answers cut, then tgook and Redis killed (-9) and started again before the retries',
    redis: DURABLE,
    async strike(scene) {
      const cuts = cutAnswers(scene, 1);
      await scene.until(() => cuts.count >= 4, 5000, 'answers were cut');
      await Promise.all([scene.tgook.stop('SIGKILL'), scene.redis.kill()]);
      scene.proxy.replies = () => 'forward';
      await pause(scene.lasting(1000));
      await scene.redis.restart();
      await scene.startAgain();
    },
  },
];

async function cutSome(scene: Scene): Promise<void> {
  const cuts = cutAnswers(scene, 0.1);
  await scene.last(4000);
  scene.proxy.replies = () => 'forward';
  scene.check(cuts.count >= 2, `only ${cuts.count} answers were cut`);
}
