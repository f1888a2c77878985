import type { Redis } from 'ioredis';
import type { Keys } from '../../../lib/laravel/keys.js';
import type { Account } from './account.js';

/** Tells the accounts which updates are in quarantine. */
export async function readQuarantine(
  redis: Redis,
  { quarantine }: Keys,
  accountOf: (bot: string) => Account | undefined,
): Promise<void> {
  for (const [, fields] of await redis.xrange(quarantine, '-', '+')) {
    const field = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
    accountOf(field('bot'))?.quarantined(Number(field('update_id')));
  }
}
