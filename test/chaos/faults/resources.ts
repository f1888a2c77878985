import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type PrivateRedis, startPrivateRedis } from '../../../lib/demo/private-redis.js';
import { textUpdate } from '../../support/tgook.js';
import type { Fault } from '../fault.js';
import { post } from '../prober.js';
import type { Scene } from '../scene.js';

/** What a process has too little of. */
export const RESOURCE_FAULTS: readonly Fault[] = [
  {
    name: 'descriptors',
    what: 'no process of tgook may open another descriptor, and hundreds of connections come',
    missing: whyNoLimit,
    async strike(scene) {
      await pause(scene.random.int(300, 900));
      const pids = [scene.tgook.process.pid!, ...scene.tgook.workers()];
      const before = pids.map(limitOf);
      for (const pid of pids) setLimit(pid, 'nofile', countDescriptors(pid) + 5);
      const sockets = openConnections(scene, 300);
      await scene.last(4000);
      scene.check(
        sockets.some(socket => socket.destroyed),
        'there were descriptors enough',
      );
      pids.forEach((pid, i) => {
        if (scene.tgook.process.pid === pid || scene.tgook.workers().includes(pid))
          setLimit(pid, 'nofile', before[i]!);
      });
      for (const socket of sockets) socket.destroy();
    },
  },
  {
    name: 'disk-full',
    what: 'the disk of the append-only file full, with appendfsync everysec: MISCONF',
    missing: whyNoDisk,
    prepare: scene => moveToSmallDisk(scene, 'everysec'),
    strike: fillDisk,
  },
  {
    name: 'disk-full-always',
    what: 'the same with appendfsync always: Redis ends, and is started again when there is room',
    missing: whyNoDisk,
    prepare: scene => moveToSmallDisk(scene, 'always'),
    strike: fillDisk,
  },
  {
    name: 'memory',
    what: 'no worker that is there may take 8 MB more, Redis stopped, and a flood of updates of 900 KB',
    missing: whyNoLimit,
    async strike(scene) {
      await pause(scene.random.int(300, 900));
      for (const pid of scene.tgook.workers()) setLimit(pid, 'data', dataOf(pid) + 8_000_000);
      scene.redis.process.kill('SIGSTOP');
      const flood = floodOf(scene, 30);
      await scene.last(4000);
      scene.redis.process.kill('SIGCONT');
      await flood.stop();
      const isReplaced = (): boolean => scene.tgook.log.some(({ msg }) => /^a worker died/.test(msg));
      scene.check(isReplaced(), 'there was memory enough');
    },
  },
];

/** Far from the ids of the load and of the probes. */
const FIRST_LARGE_ID = 950_000_000;

/** Why the limits of a running process cannot be set here. */
function whyNoLimit(): string | undefined {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'prlimit (apt-get install util-linux)';
  }
}

function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The soft limit, which a process may not pass. */
function limitOf(pid: number): number {
  return Number(/^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1]);
}

/** Sets a soft limit, which can be lifted again. */
function setLimit(pid: number, what: 'nofile' | 'data', limit: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--${what}=${limit}:`]);
}

/** Bytes that count for the limit of data. */
function dataOf(pid: number): number {
  return 1024 * Number(/^VmData:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Connections on which nothing is said. */
function openConnections({ tgook }: Scene, count: number): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connect(tgook.port, '127.0.0.1');
    socket.on('error', () => {});
    return socket;
  });
}

const DISK_SIZE = '24m';

/** Why this user cannot mount a small disk here. */
function whyNoDisk(): string | undefined {
  try {
    mountDisk().unmount();
    return undefined;
  } catch {
    return 'the right to mount a tmpfs';
  }
}

/** Gone with `unmount()`, or with this process. */
function mountDisk(): { folder: string; unmount: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'tgook-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  const unmount = (): void => {
    process.removeListener('exit', unmount);
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  };
  process.once('exit', unmount);
  return { folder, unmount };
}

/** A Redis on a small disk takes the place of the one that was there. */
async function moveToSmallDisk(scene: Scene, fsync: 'everysec' | 'always'): Promise<void> {
  const disk = mountDisk();
  scene.afterwards(disk.unmount);
  const redis = await startPrivateRedis([
    '--dir',
    disk.folder,
    '--appendonly',
    'yes',
    '--appendfsync',
    fsync,
  ]);
  scene.afterwards(() => redis.stop());
  scene.stores.splice(0, scene.stores.length, redis);
  scene.proxy.target = redis.port;
  scene.proxy.cut();
  const workers = scene.tgook.workers().length;
  const isThere = async (): Promise<boolean> => {
    const clients = /^connected_clients:(\d+)/m.exec(await redis.client.info('clients'))?.[1];
    return Number(clients) > workers && (await scene.tgook.admin('/readyz')).status === 200;
  };
  await scene.until(isThere, 5000, 'tgook writes to the small disk');
}

/** Fills the disk of Redis, and makes room again. */
async function fillDisk(scene: Scene): Promise<void> {
  const { redis } = scene;
  const [, disk = ''] = (await redis.client.config('GET', 'dir')) as string[];
  const [, fsync] = (await redis.client.config('GET', 'appendfsync')) as string[];
  await pause(scene.random.int(300, 900));
  const filler = join(disk, 'filler');
  fill(disk, filler);
  await scene.until(() => cannotWrite(redis), 5000, 'Redis cannot write');
  await scene.last(3000);
  rmSync(filler);
  if (fsync === 'always') await redis.restart();
}

function fill(disk: string, file: string): void {
  const { bavail, bsize } = statfsSync(disk);
  try {
    appendFileSync(file, Buffer.alloc(bavail * bsize));
    // What has become free meanwhile.
    for (;;) appendFileSync(file, Buffer.alloc(bsize));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

async function cannotWrite({ process, client }: PrivateRedis): Promise<boolean> {
  if (process.exitCode !== null) return true;
  try {
    return /^aof_last_write_status:err/m.test(await client.info('persistence'));
  } catch {
    return process.exitCode !== null;
  }
}

/** Large updates, again and again on so many connections; they count as the probes do. */
function floodOf({ tgook, bot, prober, requests }: Scene, connections: number): { stop(): Promise<void> } {
  const text = 'x'.repeat(900_000);
  let next = FIRST_LARGE_ID;
  let running = true;
  const lane = async (): Promise<void> => {
    while (running) {
      const id = next++;
      prober.sent.add(id);
      const begin = performance.now();
      const outcome = await post(tgook.url + bot, textUpdate(id, text));
      requests.note(outcome, performance.now() - begin);
      if (outcome === '200') prober.acknowledged.add(id);
      await pause(50);
    }
  };
  const lanes = Array.from({ length: connections }, lane);
  return {
    async stop() {
      running = false;
      await Promise.all(lanes);
    },
  };
}
