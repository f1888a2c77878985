import type { Settings } from '../settings/load.js';

/** Where Redis is, for messages: never with its password. */
export function redisAddress(settings: Settings): string {
  if (settings.REDIS_URL === undefined) {
    return settings.REDIS_HOST.startsWith('/')
      ? settings.REDIS_HOST
      : `${settings.REDIS_HOST}:${settings.REDIS_PORT}`;
  }
  const url = new URL(settings.REDIS_URL);
  return url.protocol === 'unix:' ? url.pathname : `${url.hostname}:${url.port || 6379}`;
}

/** What to look at, by the start of the error that Redis or the connection gives. */
const MENDS: ReadonlyArray<readonly [pattern: RegExp, mend: string]> = [
  [/^WRONGPASS|invalid username-password|invalid password/, 'check REDIS_USERNAME and REDIS_PASSWORD'],
  [/^NOAUTH/, 'Redis wants a password: set REDIS_PASSWORD'],
  [
    /^NOPERM|can't run this command|No permissions|executing the script/,
    "check the ACL rights of tgook's Redis user",
  ],
  [/^OOM/, 'Redis has reached maxmemory: give it more, or let the workers catch up'],
  [/^READONLY/, 'this Redis is a replica: REDIS_HOST must name the primary'],
  [/^NOREPLICAS/, 'Redis waits for replicas (min-replicas-to-write)'],
  [/^MISCONF/, 'Redis cannot save to disk: see its log'],
  [/^LOADING/, 'Redis is loading its data: it will be ready by itself'],
  [/^WRONGTYPE/, 'another program uses the queue key for something else: check REDIS_PREFIX'],
  [/unknown command|[Uu]nknown subcommand/, 'tgook needs Redis 6.2 or newer, or Valkey'],
  [/ECONNREFUSED|ENOENT/, 'is it running? check REDIS_HOST and REDIS_PORT'],
  [/ENOTFOUND|EAI_AGAIN/, 'the name cannot be resolved: check REDIS_HOST'],
];

/** One line for a fault of Redis: where, what, and what to look at. Its own commands are never in it. */
export function describeProblem(settings: Settings, error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  const text = (error.message || code || error.name).replace(/\s+/g, ' ').slice(0, 200);
  const mend = MENDS.find(([pattern]) => pattern.test(text) || pattern.test(code ?? ''))?.[1];
  return `Redis at ${redisAddress(settings)}: ${text}${mend === undefined ? '' : ` — ${mend}`}`;
}
