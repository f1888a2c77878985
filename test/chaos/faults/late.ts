import { readJob } from '../../../lib/laravel/consumer.js';
import { compileKeys } from '../../../lib/laravel/keys.js';
import { settingsOf } from '../../support/queue.js';
import type { Scene } from '../scene.js';

/** Jobs that are looked at, from the end of the queue. */
const NEWEST = 2000;

/**
 * Mends a fault under which commands have run that nobody knows of, or run now: there are jobs of updates that
 * were answered 503.
 */
export async function mendWithLateJobs(scene: Scene, mend: () => unknown): Promise<void> {
  const unanswered = new Set<number>();
  for (const [id, { attempts, accepted }] of scene.loads[0]!.record) {
    if (attempts > 0 && accepted === 0) unanswered.add(id);
  }
  const mended = Date.now();
  await mend();
  const { list } = compileKeys(settingsOf());
  const isLate = (payload: string): boolean => {
    const { pushedAt } = JSON.parse(payload) as { pushedAt: string };
    return Number(pushedAt) * 1000 < mended && unanswered.has(readJob(payload).updateId);
  };
  const oneIsLate = async () => (await scene.redis.client.lrange(list, -NEWEST, -1)).some(isLate);
  await scene.until(oneIsLate, 1000, 'a command has run of which tgook did not know');
}
