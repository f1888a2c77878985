import type { Settings } from '../settings/load.js';

/** Where Redis is, for messages: never with its password. */
export function redisAddress(settings: Settings): string {
  if (settings.REDIS_URL === undefined) {
    return settings.REDIS_HOST.startsWith('/')
      ? settings.REDIS_HOST
      : `${settings.REDIS_HOST}:${settings.REDIS_PORT}`;
  }
  const url = new URL(settings.REDIS_URL);
  return url.protocol === 'unix:' ? url.pathname : `${url.hostname}:${url.port || settings.REDIS_PORT}`;
}

/** Nothing has come within the time that a start gives it. */
export const NO_ANSWER = 'it does not answer, or is loading its data';

/** What the client says of itself, in words for whoever runs tgook. */
const WORDS: ReadonlyArray<readonly [pattern: RegExp, words: string]> = [
  [/max retries per request|Stream isn't writeable|Connection is closed/, 'the connection was lost'],
  [/appendonly is disabled/, 'it writes no append-only file, which TGOOK_ACK=aof waits for'],
  [/Command timed out|Socket timeout/, 'it does not answer in time'],
  [/RESP type|Protocol error|not that of (?:the script|WAIT)/, 'the answer is not that of a Redis server'],
];

/** What to look at, by the start of the error that Redis or the connection gives. */
const MENDS: ReadonlyArray<readonly [pattern: RegExp, mend: string]> = [
  [/^WRONGPASS|invalid username-password|invalid password/, 'check REDIS_USERNAME and REDIS_PASSWORD'],
  [/^NOAUTH/, 'Redis wants a password: set REDIS_PASSWORD'],
  [
    /\bNOPERM|can't run this command|No permissions|executing the script/,
    "check the ACL rights of tgook's Redis user",
  ],
  [/^OOM/, 'Redis has reached maxmemory: give it more, or let the workers catch up'],
  [/^READONLY/, 'this Redis is a replica: REDIS_HOST must name the primary'],
  [/^NOREPLICAS/, 'Redis waits for replicas (min-replicas-to-write)'],
  [/^MISCONF/, 'Redis cannot save to disk: see its log'],
  [/^LOADING/, 'Redis is loading its data: it will be ready by itself'],
  [/^WRONGTYPE/, 'another program uses the queue key for something else: check REDIS_PREFIX'],
  [/no append-only file/, 'set appendonly yes in redis.conf'],
  [/not get to the disk/, "is it slow, or full? see Redis' log"],
  [/not get to \d+ replica/, 'are they running and linked? see INFO replication'],
  [/unknown command .?WAITAOF/, 'TGOOK_ACK=aof needs Redis 7.2 or newer, or Valkey'],
  [/unknown command|[Uu]nknown subcommand/, 'tgook needs Redis 6.2 or newer, or Valkey'],
  [/ECONNREFUSED|ENOENT|not that of a Redis server/, 'is it running there? check REDIS_HOST and REDIS_PORT'],
  [/ENOTFOUND|EAI_AGAIN/, 'the name cannot be resolved: check REDIS_HOST'],
];

/** One line for a fault of Redis: where, what, and what to look at. Its own commands are never in it. */
export function describeProblem(settings: Settings, error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  const raw = error.message || code || error.name;
  // A server that does not know AUTH repeats its arguments. Redis 6 puts the script's name in front.
  const plain = raw.replace(/, with args beginning with.*/s, '').replace(/^@user_script: *\d+: */, '');
  const words = WORDS.find(([pattern]) => pattern.test(plain))?.[1];
  const text = words ?? plain.replace(/\s+/g, ' ').slice(0, 200);
  const mend = MENDS.find(([pattern]) => pattern.test(text) || pattern.test(code ?? ''))?.[1];
  return `Redis at ${redisAddress(settings)}: ${text}${mend === undefined ? '' : ` — ${inSettings(settings, mend)}`}`;
}

/** Where REDIS_URL is given, the settings that it stands for are not read. */
function inSettings(settings: Settings, mend: string): string {
  if (settings.REDIS_URL === undefined) return mend;
  return mend.replace(/REDIS_(?:HOST|USERNAME|PASSWORD)(?: and REDIS_\w+)?/, 'REDIS_URL');
}
