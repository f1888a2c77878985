import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { startPrivateRedis } from '../../../lib/demo/private-redis.js';
import type { Stage } from '../../../lib/demo/stage.js';
import { LaravelConsumer } from '../../../lib/laravel/consumer.js';
import { compileKeys, type Keys } from '../../../lib/laravel/keys.js';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { loadSettings } from '../../../lib/settings/load.js';
import { Random } from '../../../lib/telegram/samples/random.js';
import { RedisProxy } from '../../support/redis-proxy.js';
import type { Account, Totals } from './account.js';
import { type Scene, SOAK_FAULTS } from './faults.js';
import { INSIDE_FILE } from './preload.js';
import { Probe } from './probe.js';
import { type Sample, Sampler } from './sampler.js';
import { Schedule } from './schedule.js';
import { type LogLine, Supervised } from './supervised.js';
import { Telegram } from './telegram.js';

const WORKERS = 2;
const BOTS = 4;
/** Jobs that are worked on at a time. */
const CONSUMERS = 4;

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Updates per second, of all bots together. */
  readonly rate: number;
}

/** A fault as it happened. */
export interface PutFault {
  readonly name: string;
  /** Seconds since the load began. */
  readonly begin: number;
  readonly end: number;
  /** Milliseconds from its end to the next answer of 200. */
  readonly recovery: number;
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
  /** The Redis that took part, with its version. */
  readonly server: string;
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
  const tgook = new Supervised(settings, {
    NODE_OPTIONS: `--import=${pathToFileURL(`${PACKAGE_ROOT}dist/test/chaos/soak/preload.js`).href}`,
    [INSIDE_FILE]: inside,
  });
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
  const calm = new Calm(quietSeconds(options) / 3);
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
  telegram.start(options.rate, options.seed);
  sampler.start();
  const random = new Random(options.seed);
  await putFaults({ tgook, redis, proxy, random }, options, sampler, calm, probe, fault => {
    faults.push(fault);
    tell(describe(fault));
  });

  tell('no more updates; waiting for what is on its way');
  await Promise.all([telegram.finish(), probe.finish()]);
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
    server: await nameOf(redis.client),
  };
}

/** Seconds without a fault between two of them. */
export function quietSeconds({ minutes }: SoakOptions): number {
  return Math.min(75, Math.max(4, minutes * 1.5));
}

/** Knows whether the traces of the last fault are gone. */
class Calm {
  #isFault = false;
  #since = Number.NEGATIVE_INFINITY;

  /** @param seconds for which a fault leaves traces */
  constructor(readonly seconds: number) {}

  get isQuiet(): boolean {
    return !this.#isFault && performance.now() - this.#since > 1000 * this.seconds;
  }

  set isFault(isFault: boolean) {
    this.#isFault = isFault;
    this.#since = performance.now();
  }
}

async function putFaults(
  scene: Scene,
  options: SoakOptions,
  sampler: Sampler,
  calm: Calm,
  probe: Probe,
  onFault: (fault: PutFault) => void,
): Promise<void> {
  const schedule = new Schedule(SOAK_FAULTS, scene.random);
  const total = 60 * options.minutes;
  const quiet = quietSeconds(options);
  for (;;) {
    // Also behind the last one it is quiet for a while.
    await sleep(1000 * Math.min(quiet, Math.max(total - sampler.now(), 0)));
    if (sampler.now() + quiet >= total) break;
    const fault = schedule.next(sampler.now() / total);
    const begin = sampler.now();
    calm.isFault = true;
    await fault.run(scene, schedule.seconds(fault, quiet / 2));
    const end = sampler.now();
    const recovery = await probe.recovery();
    calm.isFault = false;
    onFault({ name: fault.name, begin, end, recovery });
  }
  await sleep(1000 * Math.max(total - sampler.now(), 0));
}

function describe({ name, begin, end, recovery }: PutFault): string {
  const minutes = `${Math.floor(begin / 60)}:${Math.floor(begin % 60)
    .toString()
    .padStart(2, '0')}`;
  return `${minutes.padStart(6)}  ${name}, ${(end - begin).toFixed(1)} s; answered again after ${recovery.toFixed(0)} ms`;
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

/** A restarted primary must come back to the same one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function readQuarantine(
  redis: Redis,
  { quarantine }: Keys,
  accountOf: (bot: string) => Account | undefined,
): Promise<void> {
  for (const [, fields] of await redis.xrange(quarantine, '-', '+')) {
    const field = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
    accountOf(field('bot'))?.quarantined(Number(field('update_id')));
  }
}

function sum(all: readonly Totals[]): Totals {
  const add = (pick: (totals: Totals) => number): number =>
    all.reduce((total, each) => total + pick(each), 0);
  return {
    sent: add(({ sent }) => sent),
    acknowledged: add(({ acknowledged }) => acknowledged),
    jobs: add(({ jobs }) => jobs),
    quarantined: add(({ quarantined }) => quarantined),
    lost: all.flatMap(({ lost }) => lost),
    doubled: all.flatMap(({ doubled }) => doubled),
    foreign: add(({ foreign }) => foreign),
  };
}

/** What a Laravel worker leaves empty. */
async function leftOvers(redis: Redis, { list, notify }: Keys): Promise<string[]> {
  const counts = {
    jobs: await redis.llen(list),
    notifications: await redis.llen(notify),
    'reserved jobs': await redis.zcard(`${list}:reserved`),
  };
  return Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
}

async function nameOf(redis: Redis): Promise<string> {
  const info = await redis.info('server');
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
  return valkey === undefined ? `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1]}` : `Valkey ${valkey}`;
}
