import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../../lib/demo/free-port.js';
import { type PrivateRedis, startPrivateRedis } from '../../../lib/demo/private-redis.js';
import { Reaper } from '../../../lib/demo/reaper.js';
import { RedisProxy } from '../../support/redis-proxy.js';
import type { Settings } from '../../support/tgook.js';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';

/** A primary of Redis dies, and Sentinel makes one of its replicas the next one. */
export const FAILOVER_FAULTS: readonly Fault[] = [
  {
    name: 'failover',
    what: 'replicas cut off, then the primary killed (-9) and one promoted by Sentinel, with TGOOK_ACK=replicas:1',
    missing: whyNoSentinel,
    strike: async scene => {
      const acknowledged = await failOver(scene, { TGOOK_ACK: 'replicas:1' });
      scene.check(acknowledged === 0, `${acknowledged} updates were answered 200 with no replica in reach`);
    },
  },
  {
    name: 'failover-unconfirmed',
    what: 'the same with TGOOK_ACK=redis, which does not promise what no replica had got',
    missing: whyNoSentinel,
    except: ['I1'],
    strike: async scene => {
      const acknowledged = await failOver(scene, {});
      scene.check(acknowledged > 0, 'nothing was answered 200 with no replica in reach');
    },
  },
];

function whyNoSentinel(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'redis-server (apt-get install redis-server), for its Sentinel';
  }
}

/** Milliseconds: for a replica to follow, for Sentinel to find the replicas, and to see that the primary is gone and choose. */
const FOLLOWING = 10_000;
const LEARNING = 15_000;
const CHOOSING = 15_000;

/** For so long the replicas are out of reach before the primary dies; what it had sent already is confirmed at once. */
const CUT_OFF = 700;
const ON_ITS_WAY = 200;

/**
 * Sentinel chooses the replica that has got furthest: what any of them has confirmed is there.
 *
 * @returns how many requests were answered 200 while no replica got anything
 */
async function failOver(scene: Scene, settings: Settings): Promise<number> {
  const primary = scene.redis;
  const link = await new RedisProxy(primary.port).listen();
  scene.afterwards(() => link.close());
  const replicas = await Promise.all([1, 2].map(() => startReplica(scene, link.port)));
  await scene.until(() => isFollowed(primary, 2), FOLLOWING, 'two replicas follow');
  // Only now can a replica confirm anything.
  await scene.tgook.stop();
  await scene.startAgain(settings);
  const sentinel = await startSentinel(scene, primary.port, 2);
  const next = onceSwitched(sentinel);
  await pause(scene.random.int(1000, 2000));

  link.part();
  await pause(ON_ITS_WAY);
  const before = scene.requests.ok;
  await pause(CUT_OFF);
  const acknowledged = scene.requests.ok - before;
  await primary.kill();
  link.close();
  const port = await Promise.race([next, pause(CHOOSING, undefined, { ref: false })]);
  const promoted = replicas.find(replica => replica.port === port);
  if (promoted === undefined) {
    scene.violate(undefined, `Sentinel has promoted ${port ?? 'nothing'}`);
    return acknowledged;
  }
  // What the old one has beyond the new one is not asked for any more.
  scene.stores.splice(0, scene.stores.length, promoted);
  scene.proxy.target = promoted.port;
  scene.proxy.cut();
  await scene.until(() => isFollowed(promoted, 1), FOLLOWING, 'the other replica follows the new primary');
  return acknowledged;
}

async function startReplica(scene: Scene, port: number): Promise<PrivateRedis> {
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
