import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';

/** Redis is there, and refuses. */
export const REFUSALS: readonly Fault[] = [
  {
    name: 'redis-out-of-memory',
    what: 'Redis reaches `maxmemory` (noeviction)',
    strike: scene => refuse(scene, ['CONFIG SET maxmemory 1mb', 'CONFIG SET maxmemory 0'], /: OOM /),
  },
  {
    name: 'redis-readonly',
    what: 'Redis becomes a replica (READONLY), and a primary again',
    strike: scene => refuse(scene, ['REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'], /: READONLY /),
  },
  {
    name: 'redis-no-replicas',
    what: 'Redis waits for replicas (NOREPLICAS)',
    strike: scene =>
      refuse(
        scene,
        ['CONFIG SET min-replicas-to-write 1', 'CONFIG SET min-replicas-to-write 0'],
        /: NOREPLICAS /,
      ),
  },
  {
    name: 'script-flush',
    what: 'SCRIPT FLUSH ten times a second',
    unnoticed: true,
    strike: scene => scene.every(100, 5000, () => scene.redis.client.script('FLUSH')),
  },
];

/** Redis answers, and takes no writes. */
async function refuse(scene: Scene, [put, mend]: [string, string], told: RegExp): Promise<void> {
  const run = (command: string) => {
    const [name = '', ...args] = command.split(' ');
    return scene.redis.client.call(name, ...args);
  };
  await run(put);
  await scene.last(3000);
  scene.check((await scene.tgook.admin('/readyz')).status === 503, 'tgook says that it is ready');
  scene.check((scene.requests.failures.get('503') ?? 0) > 0, 'nothing was answered 503');
  scene.check(
    scene.tgook.log.some(({ msg }) => told.test(msg)),
    `the log does not say ${told}`,
  );
  await run(mend);
}
