import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { LaravelConsumer, leftOvers } from '../laravel/consumer.js';
import { compileKeys, type Keys } from '../laravel/keys.js';
import { loadSettings } from '../settings/load.js';
import { kindOf, type TelegramUpdate } from '../telegram/kinds.js';
import { sampleUpdates } from '../telegram/sample-updates.js';
import { TelegramSimulator } from '../telegram/simulator.js';
import { startCluster } from './cluster.js';
import { discrepancies, Ledger, type Plan } from './ledger.js';
import { startPrivateRedis } from './private-redis.js';
import { Reaper } from './reaper.js';
import type { Report } from './report.js';
import type { Stage } from './stage.js';
import type { StatusLine } from './status-line.js';

const BOT = 'demo';
const WORKERS = Math.min(Math.max(availableParallelism(), 2), 4);
const PLAN: Plan = { updates: 4000, misfits: 12, lostAnswers: 20 };

/** Puts everything up, sends the updates, takes the jobs, and counts. */
export async function perform(stage: Stage, status: StatusLine): Promise<Report> {
  status.text(`starting a private Redis and ${WORKERS} workers …`);
  const reaper = new Reaper();
  stage.add(() => reaper.dismiss());
  const redis = await startPrivateRedis();
  stage.add(() => redis.stop());

  const secret = randomBytes(24).toString('base64url');
  const file = join(redis.folder, '.env');
  writeFileSync(file, settingsOf(redis.port, secret), { mode: 0o600 });
  const cluster = startCluster(file, redis.folder);
  stage.add(() => cluster.stop());
  reaper.cleansUp(cluster.pid);
  const url = await Promise.race([cluster.ready, cluster.failed]);

  const scene = { stage, status, redis: redis.client, keys: compileKeys(loadSettings({}, file).settings) };
  return Promise.race([play(scene, url, secret), cluster.failed]);
}

/** As in a real app, the settings are a file: nothing of the user's own gets in between. */
function settingsOf(port: number, secret: string): string {
  return [
    'APP_NAME="tgook demo"',
    'REDIS_HOST=127.0.0.1',
    `REDIS_PORT=${port}`,
    `SECRET_TOKEN=${secret}`,
    'LISTEN_PORT=0',
    'TGOOK_LISTEN_HOST=127.0.0.1',
    'TGOOK_ADMIN=off',
    `TGOOK_WORKERS=${WORKERS}`,
    '',
  ].join('\n');
}

interface Scene {
  readonly stage: Stage;
  readonly status: StatusLine;
  readonly redis: Redis;
  readonly keys: Keys;
}

async function play({ stage, status, redis, keys }: Scene, url: string, secret: string): Promise<Report> {
  const updates = [...sampleUpdates({ count: PLAN.updates, misfits: PLAN.misfits })];
  const shown = updates.find(isPlainText)?.update_id;
  let command: string | undefined;
  const ledger = new Ledger(BOT);
  const consumer = new LaravelConsumer(redis, keys, job => {
    ledger.note(job);
    if (job.updateId === shown) command = job.command;
  });
  stage.add(() => consumer.close());
  consumer.start();

  let done = 0;
  const isAnswerLost = answerLoser();
  const telegram = new TelegramSimulator({
    url,
    bot: BOT,
    secret,
    loseAnswer: isAnswerLost,
    onReply: (_updateId, { status: code }) => {
      if (code === 200) status.progress(++done, PLAN.updates);
    },
  });
  stage.add(() => telegram.close());
  const delivery = await telegram.deliver(updates);
  await consumer.finish();

  const quarantined = await readQuarantine(redis, keys);
  const figures = ledger.figures(delivery, telegram.record, quarantined);
  const left = await leftOvers(redis, keys);
  const problems = [...discrepancies(figures, PLAN), ...left.map(what => `${what} are left`)];
  const kinds = new Set(updates.map(kindOf)).size;
  return { figures, problems, workers: WORKERS, kinds, command };
}

/** Loses so many first answers as planned, evenly spread. */
function answerLoser(): (updateId: number, attempt: number) => boolean {
  const every = PLAN.updates / PLAN.lostAnswers;
  return (updateId, attempt) => attempt === 1 && updateId % every === 0;
}

/** The job that is shown: short, and not ASCII. */
function isPlainText({ message }: TelegramUpdate): boolean {
  const { text, entities, chat } = (message ?? {}) as Record<string, unknown>;
  const isPrivate = (chat as { type?: string } | undefined)?.type === 'private';
  return (
    typeof text === 'string' && /\p{Emoji_Presentation}/u.test(text) && entities === undefined && isPrivate
  );
}

/** The ids of the updates in quarantine. */
async function readQuarantine(redis: Redis, { quarantine }: Keys): Promise<ReadonlySet<number>> {
  const entries = await redis.xrange(quarantine, '-', '+');
  return new Set(entries.map(([, fields]) => Number(fields[fields.indexOf('update_id') + 1])));
}
