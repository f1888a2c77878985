import { Redis } from 'ioredis';
import { SettingError } from '../errors.js';
import { clientOptions, databaseOf } from '../queue/connection.js';
import { describeProblem } from '../queue/problems.js';
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
 * @throws SettingError when Redis answers and the database does not exist
 */
export async function preflight(settings: Settings): Promise<Preflight> {
  // The database is selected by hand: the client would go on without it.
  const redis = new Redis({ ...clientOptions(settings), db: 0, retryStrategy: null });
  let failure: Error | undefined;
  redis.on('error', error => {
    failure ??= error;
  });
  try {
    await redis.connect();
    await select(redis, databaseOf(settings));
    return { warnings: warningsOf(await redis.info('memory'), await redis.info('persistence')) };
  } catch (error) {
    if (error instanceof SettingError) throw error;
    return { problem: describeProblem(settings, failure ?? (error as Error)), warnings: [] };
  } finally {
    redis.disconnect();
  }
}

async function select(redis: Redis, database: number): Promise<void> {
  try {
    await redis.select(database);
  } catch (error) {
    const { message } = error as Error;
    if (/out of range|invalid DB|not allowed in cluster/i.test(message)) {
      throw new SettingError('REDIS_DB', `is ${database}, and Redis does not have that database`, '0');
    }
    throw error;
  }
}

function warningsOf(memory: string, persistence: string): string[] {
  const warnings: string[] = [];
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction';
  if (policy !== 'noeviction') {
    warnings.push(
      `Redis may throw jobs away when its memory is full (maxmemory-policy ${policy}): set it to noeviction`,
    );
  }
  if (/^aof_enabled:0/m.test(persistence)) {
    warnings.push('Redis writes no append-only file: a crash of it loses jobs; set appendonly yes');
  }
  return warnings;
}
