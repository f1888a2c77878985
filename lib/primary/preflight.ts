import type { Redis } from 'ioredis';
import { StartError } from '../errors.js';
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
 * @throws StartError when Redis answers and the database cannot be selected, or it is a Redis Cluster
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
    return { warnings: warningsOf(info) };
  } catch (error) {
    if (error instanceof StartError) throw error;
    return { problem: describeProblem(settings, error as Error), warnings: [] };
  } finally {
    redis?.disconnect();
  }
}

function warningsOf(info: string): string[] {
  const warnings: string[] = [];
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  if (policy !== 'noeviction') {
    warnings.push(
      `Redis may throw jobs away when its memory is full (maxmemory-policy ${policy}): set it to noeviction`,
    );
  }
  if (/^aof_enabled:0/m.test(info)) {
    warnings.push('Redis writes no append-only file: a crash of it loses jobs; set appendonly yes');
  }
  return warnings;
}
