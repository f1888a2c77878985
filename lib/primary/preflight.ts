import type { Redis } from 'ioredis';
import { SettingError, StartError } from '../errors.js';
import { replicasOf, unconfirmed } from '../queue/ack.js';
import { openClient } from '../queue/client.js';
import { describeProblem, redisAddress } from '../queue/problems.js';
import type { Settings } from '../settings/load.js';

/** What a look at Redis before the start has found. */
export interface Preflight {
  /** Why Redis cannot be used now, in one line. It may come later: that is no reason not to start. */
  readonly problem?: string;
  /** What makes an acknowledged update less safe than it could be. */
  readonly warnings: readonly string[];
}

/**
 * Looks at Redis once before the workers are started.
 *
 * @throws StartError when Redis answers and the database cannot be selected, it is a Redis Cluster, or too old for
 *   TGOOK_ACK
 */
export async function preflight(settings: Settings): Promise<Preflight> {
  let redis: Redis | undefined;
  try {
    redis = await openClient(settings);
    const info = await redis.info();
    if (/^cluster_enabled:1/m.test(info)) {
      throw new StartError(
        `Redis at ${redisAddress(settings)} is in cluster mode, which tgook does not support yet`,
      );
    }
    const problem = ackProblem(settings, info);
    return { ...(problem !== undefined && { problem }), warnings: warningsOf(info, settings) };
  } catch (error) {
    if (error instanceof StartError) throw error;
    return { problem: describeProblem(settings, error as Error), warnings: [] };
  } finally {
    redis?.disconnect();
  }
}

/**
 * Why no write could be confirmed now. It is what a worker says when it has tried.
 *
 * @throws SettingError when this server will never confirm one
 */
function ackProblem(settings: Settings, info: string): string | undefined {
  const { TGOOK_ACK: ack } = settings;
  const [, version = '', major, minor] = /^redis_version:((\d+)\.(\d+)\S*)/m.exec(info) ?? [];
  if (ack === 'aof' && Number(major) * 100 + Number(minor) < 702) {
    throw new SettingError(
      'TGOOK_ACK',
      `is aof, which Redis ${version} at ${redisAddress(settings)} cannot confirm: take Redis 7.2 or newer, Valkey, or another TGOOK_ACK`,
      'redis',
    );
  }
  const connected = Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0);
  if (connected < replicasOf(ack)) return describeProblem(settings, new Error(unconfirmed(ack)));
  if (ack === 'aof' && NO_AOF.test(info)) {
    return describeProblem(settings, new Error('appendonly is disabled'));
  }
  return undefined;
}

const NO_AOF = /^aof_enabled:0/m;

function warningsOf(info: string, { TGOOK_ACK: ack }: Settings): string[] {
  const warnings: string[] = [];
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  if (policy !== 'noeviction') {
    warnings.push(
      `Redis may throw jobs away when its memory is full (maxmemory-policy ${policy}): set it to noeviction`,
    );
  }
  if (ack !== 'aof' && NO_AOF.test(info)) {
    warnings.push('Redis writes no append-only file: a crash of it loses jobs; set appendonly yes');
  }
  return warnings;
}
