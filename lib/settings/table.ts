import { availableParallelism } from 'node:os';
import { BUNDLED_SCHEMAS, NEWEST_SCHEMA } from '../schema/bundled.js';
import {
  ackRule,
  addressRule,
  botsRule,
  choiceRule,
  classRule,
  folderRule,
  hostRule,
  integerRule,
  listenHostRule,
  nameRule,
  prefixRule,
  programRule,
  queueRule,
  schemaRule,
  secretsRule,
  tagsRule,
  textRule,
  urlRule,
  zoneRule,
} from './rules.js';

/**
 * Every setting there is. Validation, `.env.example`, `tgook --help` and the README's table are made from
 * this. `shown` is the default in words, where the value itself would not say it; `group` opens a section.
 */
export const SETTINGS = {
  REDIS_HOST: {
    group: "Redis: the connection that the app's queue uses",
    rule: hostRule({ default: '127.0.0.1', example: '127.0.0.1', desc: 'Host name, address or socket path' }),
  },
  REDIS_PORT: {
    rule: integerRule(0, 65535)({ default: 6379, example: '6379', desc: 'Port; not read for a socket' }),
  },
  REDIS_DB: {
    rule: integerRule(0, 999_999)({ default: 0, example: '0', desc: 'Number of the database' }),
  },
  REDIS_USERNAME: {
    rule: textRule({ default: undefined, example: 'tgook', desc: 'User, where Redis has ACLs' }),
    shown: 'none',
  },
  REDIS_PASSWORD: {
    rule: textRule({ default: undefined, example: 'secret', desc: 'Password' }),
    shown: 'none',
  },
  REDIS_URL: {
    rule: urlRule({
      default: undefined,
      example: 'redis://user:password@127.0.0.1:6379/0',
      desc: 'redis://, rediss:// (TLS) or unix: — the parts that it has win over the five above',
    }),
    shown: 'none',
  },
  REDIS_PREFIX: {
    rule: prefixRule({
      default: undefined,
      example: 'laravel_database_',
      desc: "Prefix of the app's queue connection (config/database.php, redis.options.prefix)",
    }),
    shown: 'from APP_NAME: laravel_database_ (Laravel 13: laravel-database-)',
  },
  HORIZON_PREFIX: {
    rule: prefixRule({
      default: undefined,
      example: 'laravel_horizon:',
      desc: "Horizon's prefix (config/horizon.php)",
    }),
    shown: 'from APP_NAME: laravel_horizon:',
  },
  TGOOK_ACK: {
    rule: ackRule({
      default: 'redis',
      example: 'replicas:1',
      desc: "When an update is answered 200: redis (Redis has it), aof (it is in Redis' append-only file on disk; Redis 7.2 or Valkey) or replicas:N (N replicas have it)",
    }),
  },
  TGOOK_APP: {
    group: 'The Laravel app: its folder, or the same values as in its own .env',
    rule: folderRule({
      default: undefined,
      example: '/var/www/app',
      desc: "The app's folder: versions, job class, Redis connection, prefixes and time zone are read from it at the start",
    }),
    shown: 'none',
  },
  TGOOK_PHP: {
    rule: programRule({
      default: 'php',
      example: '/usr/bin/php8.4',
      desc: 'The PHP, 8.2 or newer, that reads TGOOK_APP',
    }),
  },
  APP_NAME: {
    rule: textRule({
      default: 'Laravel',
      example: 'Laravel',
      desc: "The app's name, which the prefixes come from",
    }),
  },
  APP_TIMEZONE: {
    rule: zoneRule({
      default: 'UTC',
      example: 'Europe/Moscow',
      desc: 'Time zone of the app (config/app.php); dates in the jobs are in it',
    }),
  },
  SECRET_TOKEN: {
    group: 'Telegram',
    rule: secretsRule({
      default: undefined,
      example: 'a-long-random-string',
      desc: 'secret_token given to setWebhook; several with commas are all accepted. None: anyone may post updates',
    }),
    shown: 'TELEGRAM_SECRET_TOKEN, else none',
  },
  TELEGRAM_SECRET_TOKEN: {
    rule: secretsRule({
      default: undefined,
      example: 'a-long-random-string',
      desc: 'Stands in for SECRET_TOKEN where that is not given',
    }),
    shown: 'none',
  },
  LISTEN_PORT: {
    group: 'The server',
    rule: integerRule(
      0,
      65535,
    )({ default: 9070, example: '9070', desc: 'Port of the webhook; 0 takes a free one' }),
  },
  TGOOK_LISTEN_HOST: {
    rule: listenHostRule({ default: '0.0.0.0', example: '127.0.0.1', desc: 'Address to listen on' }),
  },
  TGOOK_WORKERS: {
    rule: integerRule(
      1,
      256,
    )({
      default: availableParallelism(),
      example: '2',
      desc: 'Number of worker processes',
    }),
    shown: 'one per CPU',
  },
  TGOOK_BOTS: {
    rule: botsRule({
      default: undefined,
      example: 'main,7000000001',
      desc: 'Bot ids that exist, with commas between; a webhook of any other gets 404',
    }),
    shown: 'any',
  },
  TGOOK_MAX_BODY: {
    rule: integerRule(
      1024,
      4_194_304,
    )({
      default: 1_048_576,
      example: '1048576',
      desc: 'Largest body in bytes; a larger one gets 413',
    }),
  },
  TGOOK_ADMIN: {
    rule: addressRule({
      default: { host: '127.0.0.1', port: 9071 },
      example: '127.0.0.1:9071',
      desc: 'Address of /healthz and /readyz, or off',
    }),
    shown: '127.0.0.1:9071',
  },
  TGOOK_LOG_LEVEL: {
    rule: choiceRule(
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
      'silent',
    )({
      default: 'info',
      example: 'info',
      desc: 'trace, debug, info, warn, error, fatal or silent',
    }),
  },
  TELEGRAM_UPDATES_QUEUE_NAME: {
    group: 'The job',
    rule: queueRule({ default: 'telegram_updates', example: 'telegram_updates', desc: "The queue's name" }),
  },
  TGOOK_QUEUE_MAX: {
    rule: integerRule(
      1,
      1_000_000_000,
    )({
      default: undefined,
      example: '100000',
      desc: 'Jobs on the queue from which on new updates get 503 and stay with Telegram; callbacks, inline and payment queries, which it soon drops, pass until there are a quarter more',
    }),
    shown: 'no limit',
  },
  TGOOK_JOB_FORMAT: {
    rule: choiceRule(
      'object',
      'json',
      'legacy',
    )({
      default: 'object',
      example: 'json',
      desc: 'object: a typed Update of phptg/bot-api; json: the body as a string; legacy: bot_id, update, timestamp',
    }),
  },
  TGOOK_JOB_CLASS: {
    rule: classRule({
      default: undefined,
      example: 'App\\Jobs\\ProcessTelegramUpdateJob',
      desc: "The job's class",
    }),
    shown: 'App\\Jobs\\ProcessTelegramUpdateJob (legacy: App\\Jobs\\ProcessTelegramUpdate)',
  },
  TGOOK_SCHEMA: {
    rule: schemaRule(BUNDLED_SCHEMAS)({
      default: undefined,
      example: NEWEST_SCHEMA,
      desc: `For the format object: version of phptg/bot-api in the app (${BUNDLED_SCHEMAS.join(', ')}), or a file made by tgook schema export`,
    }),
    shown: `${NEWEST_SCHEMA}; with TGOOK_APP the app's own`,
  },
  TGOOK_LARAVEL: {
    rule: choiceRule(
      '11',
      '12',
      '13',
    )({
      default: '12',
      example: '12',
      desc: "Laravel's version, 11, 12 or 13: the payload's fields and the default prefix",
    }),
  },
  TGOOK_HORIZON: {
    rule: choiceRule(
      'auto',
      'always',
      'never',
    )({
      default: 'auto',
      example: 'always',
      desc: "Write Horizon's keys: auto (while Horizon ran within the last hour), always or never",
    }),
  },
  TGOOK_QUEUE_CONNECTION: {
    rule: nameRule({
      default: 'redis',
      example: 'redis',
      desc: 'Name of the queue connection (config/queue.php), which Horizon shows',
    }),
  },
  TGOOK_TAGS: {
    rule: tagsRule({
      default: undefined,
      example: 'telegram,bot:{bot}',
      desc: "Horizon's tags of the job, with commas between; {bot} is replaced",
    }),
    shown: 'none',
  },
} as const;

export type SettingName = keyof typeof SETTINGS;
