import { Redis, type RedisOptions, ReplyError } from 'ioredis';
import { SettingError } from '../errors.js';
import type { Settings } from '../settings/load.js';
import { clientOptions, databaseOf, databaseSetting } from './connection.js';
import { NO_ANSWER } from './problems.js';

/** Milliseconds that Redis is given for the connection. */
const PATIENCE = 2500;

/**
 * Opens a client for a few commands: it connects once, is on the settings' database, and does not come back
 * when the connection is lost. Whoever opens it disconnects it.
 *
 * @param timeouts in milliseconds, where the answers may take longer than a worker would wait
 * @throws SettingError when Redis answers and does not give the database
 * @throws Error of the connection or of Redis, for describeProblem()
 */
export async function openClient(
  settings: Settings,
  timeouts: Pick<RedisOptions, 'commandTimeout' | 'socketTimeout'> = {},
): Promise<Redis> {
  // The database is selected by hand: the client would go on without it.
  const redis = new Redis({ ...clientOptions(settings), ...timeouts, db: 0, retryStrategy: null });
  // Where the handshake fails, what comes behind it is only its echo.
  const failures: Error[] = [];
  redis.on('error', error => failures.push(error));
  try {
    await Promise.race([redis.connect(), noAnswer()]);
    await select(redis, settings);
    if (failures[0] !== undefined) throw failures[0];
    return redis;
  } catch (error) {
    redis.disconnect();
    throw error instanceof SettingError ? error : (failures[0] ?? error);
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
