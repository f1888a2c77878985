import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { App, AppRedis } from '../app/inspect.js';
import { AppError } from '../errors.js';
import type { EnvFile, Environment } from './env-file.js';
import type { Settings } from './load.js';
import { SETTINGS, type SettingName } from './table.js';
import { databaseOfUrl } from './values.js';

/** Laravel's own names, of which the app's configuration has the last word. */
const LARAVELS: ReadonlySet<string> = new Set(
  Object.keys(SETTINGS).filter(name => /^(?:APP|REDIS|HORIZON)_/.test(name)),
);

/** What a .env gives by hand. Of the app's own, what the app's configuration is made of is not. */
export function ownValues(envFile: EnvFile | undefined, app: string): Environment {
  if (envFile === undefined || !isSameFile(envFile.path, join(app, '.env'))) return envFile?.values ?? {};
  return Object.fromEntries(Object.entries(envFile.values).filter(([name]) => !LARAVELS.has(name)));
}

function isSameFile(path: string, other: string): boolean {
  return existsSync(other) && realpathSync(path) === realpathSync(other);
}

/**
 * The environment that the app's configuration is read in. An app with a .env of its own has its settings there,
 * and those in the environment are tgook's; an app without one, in a container, has them in the environment.
 */
export function environmentOfApp(app: string, environment: Environment): Environment {
  const hasFile = existsSync(join(app, '.env'));
  const isHidden = (name: string): boolean =>
    name.startsWith('TGOOK_') ? name in SETTINGS : hasFile && LARAVELS.has(name);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isHidden(name)));
}

/** Settings that an app's own configuration and packages give, as they would stand in a `.env`. */
export type SettingsOfApp = Partial<Record<SettingName, string>>;

/**
 * @param byHand the settings that are given by hand
 * @throws AppError where the app's queue is none that tgook can push to
 */
export function settingsOfApp(app: App, byHand: Environment): SettingsOfApp {
  const { folder, laravel, horizon, config, job, dispatch } = app;
  const found: SettingsOfApp = {};
  const set = (name: SettingName, value: string | number | null | undefined): void => {
    if (value !== null && value !== undefined) found[name] = String(value);
  };
  set('TGOOK_LARAVEL', laravel === null ? null : payloadVersion(laravel));
  set('TGOOK_JOB_FORMAT', job?.format);
  set('TELEGRAM_UPDATES_QUEUE_NAME', dispatch?.queue);
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
  return { ...found, ...placeOf(config.redis, byHand) };
}

/** The newest Laravel that tgook knows the payload of, up to the app's; before 11 it had the same fields. */
function payloadVersion(laravel: string): string | undefined {
  const major = Number(/^\d+/.exec(laravel)?.[0]);
  return Number.isNaN(major) ? undefined : String(Math.min(Math.max(major, 11), 13));
}

/** Where Redis is. Only a URL can say that it is reached by TLS; what is given by hand is then a part of it. */
function placeOf(redis: AppRedis, byHand: Environment): SettingsOfApp {
  const [, prefix, host] = /^(?:(\w+):\/\/)?(.*)$/.exec(redis.host ?? '') ?? [];
  const { port, database, username, password } = redis;
  const place: SettingsOfApp = {
    ...(host && { REDIS_HOST: host }),
    ...(port !== null && { REDIS_PORT: String(port) }),
    ...(database !== null && { REDIS_DB: String(database) }),
    ...(username !== null && { REDIS_USERNAME: username }),
    ...(password !== null && { REDIS_PASSWORD: password }),
  };
  const isTls = /^(?:tls|rediss)$/.test(prefix ?? redis.scheme ?? '');
  return isTls ? { ...place, REDIS_URL: tlsUrl({ ...place, ...byHand }) } : place;
}

function tlsUrl(place: Environment): string {
  const { REDIS_HOST = '127.0.0.1', REDIS_PORT = '6379', REDIS_DB = '0' } = place;
  const user = encodeURIComponent(place.REDIS_USERNAME ?? '');
  const password = encodeURIComponent(place.REDIS_PASSWORD ?? '');
  const host = REDIS_HOST.includes(':') ? `[${REDIS_HOST}]` : REDIS_HOST;
  return `rediss://${user}${password && `:${password}`}${(user || password) && '@'}${host}:${REDIS_PORT}/${REDIS_DB}`;
}

/** Lines for the user: settings given by hand that are not what the app itself has. They hold all the same. */
export function contradictions(byHand: Environment, found: SettingsOfApp): string[] {
  return Object.entries(found).flatMap(([name, value]) => {
    const given = byHand[name];
    if (name === 'REDIS_URL') return [];
    if (given === undefined || given === value) return [];
    if (name === 'REDIS_PASSWORD') return [`REDIS_PASSWORD is not the one in the app: is it meant?`];
    return [
      `${name} is ${JSON.stringify(given)}, and in the app it is ${JSON.stringify(value)}: is it meant?`,
    ];
  });
}

/** The same for REDIS_URL, which stands for several settings. */
export function urlContradiction(byHand: Environment, found: SettingsOfApp): string[] {
  if (byHand.REDIS_URL === undefined) return [];
  const ours = placeOfUrl(new URL(byHand.REDIS_URL), { ...found, ...byHand });
  const { REDIS_HOST = '127.0.0.1', REDIS_PORT = '6379', REDIS_DB = '0' } = found;
  const theirs = `${REDIS_HOST.startsWith('/') ? REDIS_HOST : `${REDIS_HOST}:${REDIS_PORT}`}, database ${REDIS_DB}`;
  return ours === theirs ? [] : [`REDIS_URL names ${ours}, and the app has ${theirs}: is it meant?`];
}

function placeOfUrl(url: URL, { REDIS_PORT = '6379', REDIS_DB = '0' }: Environment): string {
  const place =
    url.protocol === 'unix:'
      ? decodeURIComponent(url.pathname)
      : `${url.hostname.replace(/^\[|\]$/g, '')}:${url.port || REDIS_PORT}`;
  return `${place}, database ${databaseOfUrl(url) ?? REDIS_DB}`;
}

/** Lines for the user: what of the app would make its workers fail. */
export function appDoubts({ phptg, laravel, config }: App, { schema, TGOOK_LARAVEL }: Settings): string[] {
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
