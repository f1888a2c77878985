import type { App, AppRedis } from '../app/inspect.js';
import { AppError } from '../errors.js';
import type { JobFacts } from '../schema/facts.js';
import type { Environment } from './env-file.js';
import type { Settings } from './load.js';
import type { SettingName } from './table.js';

/** Settings that an app's own configuration and packages give, as they would stand in a `.env`. */
export type SettingsOfApp = Partial<Record<SettingName, string>>;

/**
 * @param given the settings that are given by hand
 * @throws AppError where the app's queue is none that tgook can push to
 */
export function settingsOfApp(
  { folder, laravel, horizon, config, job }: App,
  given: Environment,
): SettingsOfApp {
  const found: SettingsOfApp = {};
  const set = (name: SettingName, value: string | number | null | undefined): void => {
    if (value !== null && value !== undefined) found[name] = String(value);
  };
  set('TGOOK_LARAVEL', laravel === null ? null : payloadVersion(laravel));
  set('TGOOK_JOB_FORMAT', job?.format);
  set('TELEGRAM_UPDATES_QUEUE_NAME', job && queueOf(job));
  if (horizon === null) set('TGOOK_HORIZON', 'never');
  if (config === undefined) return found;
  if (config.redis === null) {
    throw new AppError(
      `${folder} has no queue connection on Redis${config.connection === null ? '' : ` named ${config.connection}`}: ` +
        'see config/queue.php, and give its name as TGOOK_QUEUE_CONNECTION',
    );
  }
  if (config.cluster) {
    throw new AppError(`the queue of ${folder} is on a Redis Cluster, which tgook does not support yet`);
  }
  set('APP_NAME', config.name);
  set('APP_TIMEZONE', config.timezone);
  set('TGOOK_QUEUE_CONNECTION', config.connection);
  set('REDIS_PREFIX', config.redis.prefix);
  set('HORIZON_PREFIX', config.horizonPrefix);
  // Who gives the place of Redis as a URL means all of it.
  if (given.REDIS_URL === undefined) Object.assign(found, placeOf(config.redis, given));
  return found;
}

/** The queue that the job itself chooses, as onQueue() in its constructor does. */
function queueOf({ properties }: JobFacts): string | undefined {
  const queue = properties.find(({ name }) => name === 'queue');
  return queue && 'constant' in queue ? /^s:\d+:"(.*)";$/.exec(queue.constant)?.[1] : undefined;
}

/** The newest Laravel that tgook knows the payload of, up to the app's; before 11 it had the same fields. */
function payloadVersion(laravel: string): string | undefined {
  const major = Number(/^\d+/.exec(laravel)?.[0]);
  return Number.isNaN(major) ? undefined : String(Math.min(Math.max(major, 11), 13));
}

function placeOf(redis: AppRedis, given: Environment): SettingsOfApp {
  const { scheme, host, port, database, username, password } = redis;
  const [, tls, name] = /^(tls:\/\/|rediss:\/\/|tcp:\/\/)?(.*)$/.exec(host ?? '') ?? [];
  const isTls = scheme === 'tls' || scheme === 'rediss' || (tls !== undefined && tls !== 'tcp://');
  if (isTls && given.REDIS_HOST === undefined) {
    const user = `${encodeURIComponent(username ?? '')}:${encodeURIComponent(password ?? '')}@`;
    return { REDIS_URL: `rediss://${user === ':@' ? '' : user}${name}:${port ?? 6379}/${database ?? 0}` };
  }
  return {
    ...(name && { REDIS_HOST: name }),
    ...(port !== null && { REDIS_PORT: String(port) }),
    ...(database !== null && { REDIS_DB: String(database) }),
    ...(username !== null && { REDIS_USERNAME: username }),
    ...(password !== null && { REDIS_PASSWORD: password }),
  };
}

const SECRET: readonly string[] = ['REDIS_PASSWORD', 'REDIS_URL'] satisfies SettingName[];

/** Lines for the user: settings given by hand that are not what the app itself has. They hold all the same. */
export function contradictions(given: Environment, found: SettingsOfApp): string[] {
  return Object.entries(found).flatMap(([name, value]) => {
    const byHand = given[name];
    if (byHand === undefined || byHand === value) return [];
    if (SECRET.includes(name)) return [`${name} is not the one in the app: is it meant?`];
    return [
      `${name} is ${JSON.stringify(byHand)}, and in the app it is ${JSON.stringify(value)}: is it meant?`,
    ];
  });
}

/** Lines for the user: what of the app would make its workers fail. */
export function appWarnings({ phptg, laravel, config }: App, { schema, TGOOK_LARAVEL }: Settings): string[] {
  const warnings: string[] = [];
  const { classes, source } = schema;
  if (classes !== undefined && source !== 'app' && phptg !== null && phptg !== classes.version) {
    warnings.push(
      `TGOOK_SCHEMA is of phptg/bot-api ${classes.version}, and the app has ${phptg}: is it meant?`,
    );
  }
  const major = Number.parseInt(laravel ?? '', 10);
  if (major > 13)
    warnings.push(`tgook does not know Laravel ${major} yet, and writes the payload of ${TGOOK_LARAVEL}`);
  for (const option of ['serializer', 'compression'] as const) {
    const value = config?.[option];
    if (value)
      warnings.push(
        `the app's Redis connection has the ${option} ${value}, and its workers cannot read what has none: switch it off`,
      );
  }
  return warnings;
}
