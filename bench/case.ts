import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type PrivateRedis, startPrivateRedis } from '../lib/demo/private-redis.js';
import { startTgook } from '../test/support/tgook.js';
import type { LoadOrder, LoadResult } from './load.js';
import { cpuTime, machineCpuTime, peakMemory, residentMemory } from './proc.js';
import type { Letters } from './update.js';

/** What is measured once, on fresh processes. */
export interface Case {
  readonly format: string;
  readonly connections: number;
  readonly letters: Letters;
  /** TGOOK_ACK. */
  readonly ack: string;
  /** About how long to measure. */
  readonly seconds: number;
}

/** What came out. CPU times are in microseconds per update answered 2xx. */
export interface Figures {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly tgookCpu: number;
  readonly redisCpu: number;
  /** Megabytes of the larger worker, at the end and at most. */
  readonly resident: number;
  readonly peak: number;
  readonly updatesPerCall: number;
  /** CPUs that other programs kept busy meanwhile: beyond a tenth or so the figures are theirs as well. */
  readonly otherCpus: number;
  readonly answered: number;
  readonly non2xx: number;
  readonly errors: number;
  /** Jobs on the queue, and those that Horizon knows of: both must be as many as were answered. */
  readonly jobs: number;
  readonly horizonJobs: number;
}

const WARM_UP = 3;
const WORKERS = 2;
const SECRET = 'bench_3f0e7d1f4a614c5d8a6f';
const LOAD = fileURLToPath(new URL('./load.js', import.meta.url));

/** Starts the Redis that this TGOOK_ACK needs, without its replicas. */
export function startRedis(ack: string): Promise<PrivateRedis> {
  if (ack === 'aof') return startPrivateRedis(['--appendonly', 'yes', '--appendfsync', 'everysec'], [7, 2]);
  return startPrivateRedis(['--repl-diskless-sync-delay', '0']);
}

/** Starts Redis, tgook and the load, warms up, measures, and ends them. */
export async function runCase(settings: Case): Promise<Figures> {
  const redis = await startRedis(settings.ack);
  const replicas: PrivateRedis[] = [];
  const load = fork(LOAD);
  try {
    for (let left = Number(/^replicas:(\d+)$/.exec(settings.ack)?.[1] ?? 0); left > 0; left--) {
      replicas.push(await startPrivateRedis(['--replicaof', redis.host, String(redis.port)]));
    }
    return await runOn(redis, load, settings);
  } finally {
    load.disconnect();
    for (const replica of replicas) await replica.stop();
    await redis.stop();
  }
}

async function runOn(redis: PrivateRedis, load: ChildProcess, settings: Case): Promise<Figures> {
  const tgook = await startTgook({
    REDIS_PORT: redis.port,
    REDIS_PREFIX: 'bench_',
    HORIZON_PREFIX: 'bench_horizon:',
    SECRET_TOKEN: SECRET,
    TGOOK_WORKERS: WORKERS,
    TGOOK_HORIZON: 'always',
    TGOOK_JOB_FORMAT: settings.format,
    TGOOK_ACK: settings.ack,
  });
  try {
    const workers = await tgook.workers();
    const pids = [tgook.process.pid!, ...workers];
    const { connections, letters } = settings;
    const order = { url: `${tgook.url}7000000001`, secret: SECRET, connections, letters };

    const warmUp = await send(load, { ...order, limit: { duration: WARM_UP } });
    await forget(redis);
    const amount = Math.max(connections, Math.round((warmUp.answered / warmUp.seconds) * settings.seconds));

    const started = readCpuTimes(pids, redis, load);
    const result = await send(load, { ...order, limit: { amount } });
    const ended = readCpuTimes(pids, redis, load);
    const { answered, non2xx, errors, seconds, p50, p99 } = result;
    return {
      requestsPerSecond: answered / seconds,
      p50,
      p99,
      tgookCpu: (ended.tgook - started.tgook) / answered,
      redisCpu: (ended.redis - started.redis) / answered,
      otherCpus: (ended.others - started.others) / (ended.clock - started.clock),
      resident: residentMemory(workers),
      peak: peakMemory(workers),
      updatesPerCall: answered / (await scriptCalls(redis)),
      answered,
      non2xx: non2xx + warmUp.non2xx,
      errors: errors + warmUp.errors,
      jobs: await redis.client.llen('bench_queues:telegram_updates'),
      horizonJobs: await redis.client.zcard('bench_horizon:pending_jobs'),
    };
  } finally {
    await tgook.stop();
  }
}

/** CPU time of each so far, in microseconds. */
function readCpuTimes(pids: readonly number[], { process: { pid } }: PrivateRedis, load: ChildProcess) {
  const tgook = cpuTime(pids);
  const redis = cpuTime([pid!]);
  const others = machineCpuTime() - tgook - redis - cpuTime([load.pid!, process.pid]);
  return { tgook, redis, others, clock: performance.now() * 1000 };
}

async function send(load: ChildProcess, order: LoadOrder): Promise<LoadResult> {
  load.send(order);
  const ended = once(load, 'exit').then(() => Promise.reject(new Error('the load process has ended')));
  const [result] = await Promise.race([once(load, 'message') as Promise<[LoadResult]>, ended]);
  return result;
}

/** Throws away what the warm-up has left, the last requests of which went on after it was over. */
async function forget({ client }: PrivateRedis): Promise<void> {
  await delay(300);
  await client.flushall('SYNC');
  await client.config('RESETSTAT');
}

async function scriptCalls({ client }: PrivateRedis): Promise<number> {
  const statistics = await client.info('commandstats');
  return Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(statistics)?.[1]);
}
