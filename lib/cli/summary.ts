import type { App } from '../app/inspect.js';
import { compileKeys } from '../laravel/keys.js';
import type { Logger } from '../log.js';
import type { Started } from '../primary/primary.js';
import { databaseOf } from '../queue/connection.js';
import { redisAddress } from '../queue/problems.js';
import type { LoadedSettings, Settings } from '../settings/load.js';
import type { JobSchema } from '../settings/schema.js';

/** Says how the start went: a block of lines on a terminal, else one JSON line. */
export function logSummary(
  log: Logger,
  loaded: LoadedSettings,
  started: Started,
  isRedisAway: boolean,
): void {
  if (!log.isLevelEnabled('info')) return;
  const title = isRedisAway
    ? 'tgook is listening, and answers 503 until Redis can be used'
    : 'tgook is ready';
  const rows = summaryRows(loaded, started);
  if (!process.stdout.isTTY) {
    log.info(Object.fromEntries(rows.map(([key, , value]) => [key, value])), title);
    return;
  }
  const lines = rows.flatMap(([, label, value]) => (label === '' ? [] : [`  ${label.padEnd(10)} ${value}`]));
  process.stdout.write(`\n  ${isRedisAway ? YELLOW : GREEN}${title}${PLAIN}\n\n${lines.join('\n')}\n\n`);
}

const GREEN = '\x1b[32m';
const YELLOW = '\x1b[33m';
const PLAIN = '\x1b[0m';

function describeApp({ folder, laravel, phptg, horizon }: App): string {
  const versions = { Laravel: laravel, 'phptg/bot-api': phptg, Horizon: horizon };
  const installed = Object.entries(versions).map(([name, version]) =>
    version === null ? `no ${name}` : `${name} ${version}`,
  );
  return `${folder}: ${installed.join(', ')}`;
}

function horizon({ TGOOK_HORIZON, HORIZON_PREFIX }: Settings): string {
  return `${HORIZON[TGOOK_HORIZON]}${TGOOK_HORIZON === 'never' ? '' : `, prefix ${HORIZON_PREFIX}`}`;
}

const HORIZON = { auto: 'on while Horizon runs', always: 'on', never: 'off' } as const;

/** A row without a label is for programs alone: people read it in another. */
type Row = readonly [key: string, label: string, value: string | number];

function summaryRows({ settings, file, app }: LoadedSettings, started: Started): Row[] {
  const { host, port, admin } = started;
  const bots = settings.TGOOK_BOTS?.join(', ') ?? 'any';
  return [
    ['settings', 'settings', file ?? 'environment only'],
    ...(app === undefined ? [] : [['app', 'app', describeApp(app)] as const]),
    ['webhook', 'webhook', `http://${bracket(host)}:${port}/telegram/bot/webhook/{bot_id}`],
    ['port', '', port],
    ['bots', 'bots', bots],
    ['secret', 'secret', settings.SECRET_TOKEN === undefined ? 'off' : 'on'],
    ['workers', 'workers', settings.TGOOK_WORKERS],
    ['redis', 'redis', `${redisAddress(settings)}, database ${databaseOf(settings)}`],
    ['ack', 'ack', settings.TGOOK_ACK],
    ['queue', 'queue', settings.TELEGRAM_UPDATES_QUEUE_NAME],
    ['key', 'key', compileKeys(settings).list],
    ['job', 'job', settings.schema.job.class],
    ['format', 'format', format(settings.schema)],
    ['laravel', 'laravel', settings.TGOOK_LARAVEL],
    ['zone', 'time zone', settings.APP_TIMEZONE],
    ['horizon', 'horizon', horizon(settings)],
    ['admin', 'admin', admin === undefined ? 'off' : `http://${bracket(admin.address)}:${admin.port}/readyz`],
  ];
}

function format({ job, classes, source }: JobSchema): string {
  if (classes === undefined) return job.format;
  const where = source === 'bundled' || source === 'app' ? '' : `, ${source}`;
  return `${job.format} (phptg ${classes.version}${where})`;
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
