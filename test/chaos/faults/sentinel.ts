import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type PrivateRedis, startPrivateRedis } from '../../../lib/demo/private-redis.js';
import { Reaper } from '../../../lib/demo/reaper.js';
import { freePort } from '../../support/free-port.js';
import type { Settings } from '../../support/tgook.js';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';

/** A primary of Redis dies, and Sentinel makes one of its replicas the next one. */
export const FAILOVER_FAULTS: readonly Fault[] = [
  {
    name: 'failover',
    what: 'the primary of Redis killed (-9) and a replica promoted by Sentinel, with TGOOK_ACK=replicas:1',
    strike: scene => failOver(scene, { TGOOK_ACK: 'replicas:1' }),
  },
  {
    name: 'failover-unconfirmed',
    what: 'the same with TGOOK_ACK=redis, which does not promise what the replica had not yet got',
    except: ['I1'],
    strike: scene => failOver(scene, {}),
  },
];

/** Milliseconds: for a replica to follow, for Sentinel to find the replicas, and to see that the primary is gone and choose. */
const FOLLOWING = 10_000;
const LEARNING = 15_000;
const CHOOSING = 15_000;

/** Sentinel chooses the replica that has got furthest: what any of them has confirmed is there. */
async function failOver(scene: Scene, settings: Settings): Promise<void> {
  const primary = scene.redis;
  const replicas = await Promise.all([1, 2].map(() => startReplica(scene, primary)));
  await scene.until(() => isFollowed(primary, 2), FOLLOWING, 'two replicas follow');
  // Only now can a replica confirm anything.
  await scene.tgook.stop();
  await scene.startAgain(settings);
  const sentinel = await startSentinel(scene, primary.port, 2);
  const next = onceSwitched(sentinel);
  await pause(scene.random.int(1000, 2000));
  await primary.kill();
  const port = await Promise.race([next, pause(CHOOSING, undefined, { ref: false })]);
  const promoted = replicas.find(replica => replica.port === port);
  if (promoted === undefined) {
    scene.violate(undefined, `Sentinel has promoted ${port ?? 'nothing'}`);
    return;
  }
  // What the old one has beyond the new one is not asked for any more.
  scene.stores.splice(0, scene.stores.length, promoted);
  scene.proxy.target = promoted.port;
  scene.proxy.cut();
  await scene.until(() => isFollowed(promoted, 1), FOLLOWING, 'the other replica follows the new primary');
}

async function startReplica(scene: Scene, { port }: PrivateRedis): Promise<PrivateRedis> {
  const replica = await startPrivateRedis([
    '--replicaof',
    `127.0.0.1 ${port}`,
    '--repl-diskless-sync-delay',
    '0',
  ]);
  scene.afterwards(() => replica.stop());
  return replica;
}

async function isFollowed({ client }: PrivateRedis, count: number): Promise<boolean> {
  const online = (await client.info('replication')).match(/state=online/g) ?? [];
  return online.length >= count;
}

/** A Sentinel that decides alone, once it knows the replicas. Resolves with a subscriber to its switches. */
async function startSentinel(scene: Scene, primary: number, replicas: number): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'tgook-sentinel-'));
  const reaper = new Reaper();
  reaper.cleansUp(undefined, folder);
  const port = await freePort();
  // It writes into its settings: they must be a file.
  const file = join(folder, 'sentinel.conf');
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${primary} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 5000',
      '',
    ].join('\n'),
  );
  const server = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore', detached: true });
  reaper.cleansUp(server.pid);
  const client = new Redis(port, { retryStrategy: () => 50 });
  client.on('error', () => {});
  scene.afterwards(async () => {
    client.disconnect();
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true });
    await reaper.dismiss();
  });
  const knowsAll = async (): Promise<boolean> => {
    const known = (await client.call('SENTINEL', 'REPLICAS', 'main')) as unknown[];
    return known.length === replicas;
  };
  await scene.until(knowsAll, LEARNING, 'Sentinel knows the replicas');
  await client.subscribe('+switch-master');
  return client;
}

/** The new primary's port, from `main 127.0.0.1 <old port> 127.0.0.1 <new port>`. */
async function onceSwitched(sentinel: Redis): Promise<number> {
  const [, message] = (await once(sentinel, 'message')) as [string, string];
  return Number(message.split(' ')[4]);
}
