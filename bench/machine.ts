import { cpus, release, type } from 'node:os';
import { type PrivateRedis, startPrivateRedis } from '../lib/demo/private-redis.js';

/**
 * What figures were measured on, in one line.
 *
 * @param start starts the Redis that took part
 */
export async function describeMachine(
  start: () => Promise<PrivateRedis> = startPrivateRedis,
): Promise<string> {
  const redis = await start();
  const info = await redis.client.info('server');
  await redis.stop();
  const server = /valkey_version:\S+/.exec(info)?.[0] ?? /redis_version:\S+/.exec(info)?.[0];
  const { model = 'unknown CPU' } = cpus()[0] ?? {};
  const system = `${model.trim()}, ${cpus().length} CPUs, ${type()} ${release()}`;
  return `${system}, Node ${process.version}, ${server?.replace('_version:', ' ')}`;
}
