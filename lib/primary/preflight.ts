import { Redis, ReplyError } from 'ioredis';
import { SettingError, StartError } from '../errors.js';
import { clientOptions, databaseOf, databaseSetting } from '../queue/connection.js';
import { describeProblem, NO_ANSWER, redisAddress } from '../queue/problems.js';
import type { Settings } from '../settings/load.js';

/** Milliseconds that Redis is given to answer before the start goes on without it. */
const PATIENCE = 2500;

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
  // The database is selected by hand: the client would go on without it.
  const redis = new Redis({ ...clientOptions(settings), db: 0, retryStrategy: null });
  let failure: Error | undefined;
  redis.on('error', error => {
    failure ??= error;
  });
  try {
    await Promise.race([redis.connect(), noAnswer()]);
    await select(redis, settings);
    const info = await redis.info();
    if (/^cluster_enabled:1/m.test(info)) {
      throw new StartError(
        `Redis at ${redisAddress(settings)} is in cluster mode, which tgook does not support yet`,
      );
    }
    return { warnings: warningsOf(info) };
  } catch (error) {
    if (error instanceof StartError) throw error;
    return { problem: describeProblem(settings, failure ?? (error as Error)), warnings: [] };
  } finally {
    redis.disconnect();
  }
}

/** While Redis loads its data, the client waits without a word. */
function noAnswer(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(NO_ANSWER)), PATIENCE).unref();
  });
}

async function select(redis: Redis, settings: Settings): Promise<void> {
  const database = databaseOf(settings);
  if (database === 0) return;
  try {
    await redis.select(database);
  } catch (error) {
    const { message } = error as Error;
    if (!(error instanceof ReplyError) || /^(?:NOAUTH|LOADING)/.test(message)) throw error;
    const name = databaseSetting(settings);
    const example = name === 'REDIS_DB' ? '0' : 'redis://127.0.0.1:6379/0';
    throw new SettingError(
      name,
      `names database ${database}, which Redis does not give (${message})`,
      example,
    );
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
