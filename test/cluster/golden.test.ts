import t from 'tap';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { type GoldenInvalid, type GoldenUpdate, type Payload, readGolden } from '../support/golden.js';
import { post, startTgook, type Tgook } from '../support/tgook.js';

const LIST = 'laravel_database_queues:telegram_updates';

/** A tgook whose app is in a zone, and the Redis behind it. */
async function inZone(
  t: Tap,
  zone: string,
  settings: Record<string, string> = {},
): Promise<[Tgook, PrivateRedis]> {
  const redis = await startPrivateRedis();
  const tgook = await startTgook({
    REDIS_PORT: redis.port,
    APP_TIMEZONE: zone,
    TGOOK_WORKERS: 1,
    ...settings,
  });
  t.teardown(async () => {
    await tgook.stop('SIGKILL');
    await redis.stop();
  });
  return [tgook, redis];
}

type Tap = typeof t;

/** The command of the one job on the list, which it takes off; undefined where there is none. */
async function takeCommand(redis: PrivateRedis): Promise<string | undefined> {
  const payload = await redis.client.lpop(LIST);
  return payload === null ? undefined : (JSON.parse(payload) as Payload).data.command;
}

const zones = [...new Set(readGolden<GoldenUpdate>('updates.jsonl').map(({ tz }) => tz))];

for (const zone of zones) {
  t.test(`updates through HTTP and Redis are the bytes of PHP, in ${zone}`, async t => {
    const [tgook, redis] = await inZone(t as unknown as Tap, zone);
    for (const { id, bot, tz, body, expect } of readGolden<GoldenUpdate>('updates.jsonl')) {
      if (tz !== zone) continue;
      const { status } = await post(tgook, bot, body);
      t.ok(status === 200 && (await takeCommand(redis)) === expect, id);
      await redis.client.flushall();
    }
  });
}

t.test('updates are the bytes of PHP for phptg 0.20', async t => {
  for (const zone of zones) {
    const [tgook, redis] = await inZone(t as unknown as Tap, zone, { TGOOK_SCHEMA: '0.20' });
    for (const { id, bot, tz, body, expect } of readGolden<GoldenUpdate>('updates-0.20.jsonl')) {
      if (tz !== zone) continue;
      const { status } = await post(tgook, bot, body);
      t.ok(status === 200 && (await takeCommand(redis)) === expect, id);
      await redis.client.flushall();
    }
  }
});

t.test('a body that PHP refuses, or that needs a decision, never becomes other bytes', async t => {
  for (const zone of zones) {
    const [tgook, redis] = await inZone(t as unknown as Tap, zone);
    for (const line of readGolden<GoldenInvalid>('invalid.jsonl')) {
      if (line.tz !== zone) continue;
      const body = line.body64 === undefined ? line.body! : Buffer.from(line.body64, 'base64');
      const { status } = await post(tgook, line.bot, body);
      const command = await takeCommand(redis);
      const quarantined = await redis.client.xlen('laravel_database_tgook:quarantine');
      const told = `${line.id}: ${status}${command === undefined ? '' : ', a job'}${quarantined ? ', quarantined' : ''}`;
      t.ok(isRight(line, status, command, quarantined), told);
      await redis.client.flushall();
    }
  }
});

/** What tgook may do with a line of invalid.jsonl. */
function isRight(
  line: GoldenInvalid,
  status: number,
  command: string | undefined,
  quarantined: number,
): boolean {
  const tags = line.tags ?? [];
  const kept = status === 200 && command === undefined && quarantined === 1;
  const refused = status === 400 && command === undefined && quarantined === 0;
  const exact = status === 200 && command !== undefined && command === line.expect && quarantined === 0;
  // PHP refuses the body; tgook puts U+FFFD where the lone surrogate was.
  if (tags.includes('surrogate'))
    return status === 200 && (command?.includes('\ufffd') || line.id.includes('unknown'));
  if (line.area !== 'schema') return refused;
  if (line.phptg === 'rejects') return kept;
  // What PHP takes beyond any update of Telegram may be kept instead.
  return exact || (kept && (tags.includes('array-shape') || tags.includes('odd-date')));
}
