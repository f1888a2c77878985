import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { freePort } from '../../../lib/demo/free-port.js';
import { startPrivateRedis } from '../../../lib/demo/private-redis.js';
import type { Stage } from '../../../lib/demo/stage.js';
import { LaravelConsumer, leftOvers } from '../../../lib/laravel/consumer.js';
import { compileKeys } from '../../../lib/laravel/keys.js';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { loadSettings } from '../../../lib/settings/load.js';
import { Random } from '../../../lib/telegram/samples/random.js';
import { RedisProxy } from '../../support/redis-proxy.js';
import { type Account, sum, type Totals } from './account.js';
import { INSIDE_FILE } from './preload.js';
import { Probe } from './probe.js';
import { Calm, describe, type PutFault, putFaults, tracesSeconds } from './put-faults.js';
import { readQuarantine } from './redis-at-end.js';
import { type Sample, Sampler } from './sampler.js';
import { type LogLine, Supervised } from './supervised.js';
import { Telegram } from './telegram.js';

const WORKERS = 2;
const BOTS = 4;
/** Jobs that are worked on at a time. */
const CONSUMERS = 4;

/** Milliseconds: Telegram's pauses between two attempts are two minutes at most. */
const FINISH_LIMIT = 240_000;

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Updates per second, of all bots together. */
  readonly rate: number;
}

export interface Soak {
  readonly options: SoakOptions;
  readonly samples: readonly Sample[];
  readonly faults: readonly PutFault[];
  readonly totals: Totals;
  /** By what the requests ended with that were not acknowledged. */
  readonly failures: Readonly<Record<string, number>>;
  /** How often the primary was started. */
  readonly starts: number;
  /** What of the queue was left behind the last job; a line each. */
  readonly leftOvers: readonly string[];
  /** The newest warnings and errors of the log. */
  readonly complaints: readonly LogLine[];
}

/** Puts everything up, lets it run with a fault now and then, and waits until every update has come to its end. */
export async function soak(options: SoakOptions, stage: Stage, tell: (line: string) => void): Promise<Soak> {
  const redis = await startPrivateRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
  stage.add(() => redis.stop());
  const proxy = await new RedisProxy(redis.port).listen();
  stage.add(() => proxy.close());

  const secret = randomBytes(24).toString('base64url');
  const port = await freePort();
  const settings = join(redis.folder, '.env');
  writeFileSync(settings, settingsOf(port, proxy.port, secret), { mode: 0o600 });
  const inside = join(redis.folder, 'inside.jsonl');
  const preload = pathToFileURL(`${PACKAGE_ROOT}dist/test/chaos/soak/preload.js`).href;
  const tgook = new Supervised(settings, `--import=${preload}`, { [INSIDE_FILE]: inside });
  stage.add(() => tgook.stop());
  await tgook.start();

  const webhook = { url: `http://127.0.0.1:${port}/telegram/bot/webhook/`, secret };
  const telegram = new Telegram(webhook, BOTS);
  stage.add(() => telegram.close());
  const probe = new Probe(webhook);
  const accountOf = (bot: string): Account | undefined =>
    bot === probe.bot ? probe.account : telegram.account(bot);

  const keys = compileKeys(loadSettings({}, settings).settings);
  let strangers = 0;
  const worker = client(stage, redis.port);
  const consumer = new LaravelConsumer(worker, keys, job => {
    const account = accountOf(job.bot);
    if (account === undefined) strangers++;
    else account.taken(job);
  });
  stage.add(() => consumer.close());
  consumer.start(CONSUMERS);

  const faults: PutFault[] = [];
  const calm = new Calm(tracesSeconds(options));
  // It gives up on what Redis does not answer: the looks must not pile up.
  const looker = client(stage, redis.port, {
    commandTimeout: 1000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
  });
  const sampler = new Sampler({
    tgook,
    telegram,
    redis: looker,
    keys,
    port,
    inside,
    isQuiet: () => calm.isQuiet,
  });
  stage.add(() => sampler.stop());
  telegram.start(options.rate, options.seed);
  sampler.start();
  const random = new Random(options.seed + 1);
  await putFaults({ tgook, redis, proxy, random }, options, sampler, calm, probe, fault => {
    faults.push(fault);
    tell(describe(fault));
  });

  tell('no more updates; waiting for what is on its way');
  const finished = Promise.all([telegram.finish(), probe.finish()]);
  await Promise.race([finished, pause(FINISH_LIMIT, undefined, { ref: false })]);
  await sampler.stop();
  await consumer.finish();
  const accounts = [...telegram.bots.map(bot => bot.account), probe.account];
  await readQuarantine(redis.client, keys, accountOf);
  const totals = sum(accounts.map(account => account.totals()));
  return {
    options,
    samples: sampler.samples,
    faults,
    totals: { ...totals, foreign: totals.foreign + strangers },
    failures: Object.fromEntries(sampler.failures),
    starts: tgook.starts,
    leftOvers: await leftOvers(redis.client, keys),
    complaints: tgook.complaints,
  };
}

/** As in a real app the settings are a file. Horizon's keys are for Horizon to remove, which is not here. */
function settingsOf(port: number, redisPort: number, secret: string): string {
  return [
    'APP_NAME="tgook soak"',
    'REDIS_HOST=127.0.0.1',
    `REDIS_PORT=${redisPort}`,
    `SECRET_TOKEN=${secret}`,
    `LISTEN_PORT=${port}`,
    'TGOOK_LISTEN_HOST=127.0.0.1',
    'TGOOK_ADMIN=off',
    `TGOOK_WORKERS=${WORKERS}`,
    'TGOOK_HORIZON=never',
    '',
  ].join('\n');
}

function client(stage: Stage, port: number, options = {}): Redis {
  const redis = new Redis(port, { retryStrategy: () => 50, ...options });
  redis.on('error', () => {});
  stage.add(() => redis.disconnect());
  return redis;
}
