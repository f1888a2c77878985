import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { BUNDLED_SCHEMAS } from '../../lib/schema/bundled.js';
import { post, type Settings, startTgook, type Tgook, textUpdate, tgookOutput } from '../support/tgook.js';
import { makeApp } from './support/inspect.js';
import { laravelApp, work } from './support/laravel.js';
import { makeServedApp } from './support/served-app.js';

async function redisFor(t: Test): Promise<PrivateRedis> {
  const redis = await startPrivateRedis();
  t.teardown(() => redis.stop());
  return redis;
}

async function serve(t: Test, settings: Settings): Promise<Tgook> {
  const tgook = await startTgook({ SECRET_TOKEN: 'abc', ...settings });
  t.teardown(() => tgook.stop('SIGKILL'));
  return tgook;
}

/** A start, or another command, that must fail. Its one line. */
async function refusal(t: Test, settings: Settings, args: readonly string[] = []): Promise<string> {
  const { code, stdout, stderr } = await tgookOutput(args, {
    LISTEN_PORT: 0,
    TGOOK_ADMIN: 'off',
    ...settings,
  });
  t.equal(code, 1);
  t.equal(stdout, '');
  t.match(stderr, /^tgook: [^\n]+\n$/);
  return stderr;
}

/** A job with other names, its parameters the other way round, a constant, and values for Laravel's payload. */
const OWN_JOB = `<?php
namespace App\\Jobs;

use Illuminate\\Bus\\Queueable;
use Illuminate\\Contracts\\Queue\\ShouldQueue;
use Illuminate\\Queue\\InteractsWithQueue;
use Illuminate\\Queue\\SerializesModels;
use Phptg\\BotApi\\Type\\Update\\Update;

class ProcessTelegramUpdateJob implements ShouldQueue
{
    use InteractsWithQueue, Queueable, SerializesModels, WritesReceived;

    public int $tries = 7;
    public int $timeout = 33;

    public function __construct(public readonly Update $update, private string $token, public string $source = 'webhook')
    {
        $this->onQueue('elsewhere');
    }

    public function handle(): void
    {
        $this->writeReceived($this->token, ['source' => $this->source, 'queue' => $this->queue, 'maxTries' => $this->job->maxTries(), 'timeout' => $this->job->timeout()]);
    }
}
`;

t.test("with TGOOK_APP no other Laravel setting is needed, and the app's worker runs the jobs", async t => {
  const redis = await redisFor(t);
  const env = {
    APP_NAME: 'Мой магазин',
    APP_TIMEZONE: 'Asia/Kathmandu',
    REDIS_PORT: redis.port,
    REDIS_DB: 3,
  };
  for (const [phptg, job, queue] of [
    ['0.20', undefined, 'telegram_updates'],
    ['0.21', undefined, 'telegram_updates'],
    ['0.21.1', OWN_JOB, 'elsewhere'],
  ] as const) {
    const folder = makeServedApp(t, { phptg, env, ...(job !== undefined && { job }) });
    const tgook = await serve(t, { TGOOK_APP: folder });
    t.match(
      (await tgook.line(/^tgook is ready/)).app,
      new RegExp(`^${folder}: Laravel 12\\..*, phptg/bot-api ${phptg},`),
    );
    for (let id = 1; id <= 20; id++) t.equal((await post(tgook, 'main', textUpdate(id), 'abc')).status, 200);
    const { received, output } = await work({ folder, queue });
    t.equal(received.length, 20, output.slice(-500));
    t.match(received[0], {
      bot: 'main',
      type: 'Phptg\\BotApi\\Type\\Update\\Update',
      update: { message: { date: { text: /Asia\/Kathmandu$/ } } },
      ...(job !== undefined && { source: 'webhook', queue: 'elsewhere', maxTries: 7, timeout: 33 }),
    });
    await tgook.stop();
    await redis.client.flushall();
  }
});

t.test("a setting by hand holds against the app's, with a warning that has both values", async t => {
  const redis = await redisFor(t);
  const env = { APP_NAME: 'Shop', REDIS_PORT: redis.port, REDIS_PASSWORD: '' };
  const folder = makeServedApp(t, { phptg: '0.20', env });
  const tgook = await serve(t, {
    TGOOK_APP: folder,
    REDIS_PREFIX: 'mine_',
    TGOOK_SCHEMA: '0.21.1',
    TGOOK_LARAVEL: '12',
  });
  const warnings = tgook.log.filter(({ level }) => level === 40).map(({ msg }) => msg);
  t.ok(
    warnings.includes('REDIS_PREFIX is "mine_", and in the app it is "shop_database_": is it meant?'),
    warnings.join('\n'),
  );
  t.ok(warnings.includes('TGOOK_SCHEMA is of phptg/bot-api 0.21.1, and the app has 0.20: is it meant?'));
  t.notOk(
    warnings.some(msg => /TGOOK_LARAVEL|REDIS_PORT|APP_NAME/.test(msg)),
    'what agrees is not warned about',
  );
  t.match(await tgook.line(/^tgook is ready/), {
    key: 'mine_queues:telegram_updates',
    format: 'object (phptg 0.21.1)',
  });
});

t.test('an app that cannot be served is refused in one line that says why', async t => {
  const env = { REDIS_PORT: 1 };
  const folder = makeServedApp(t, { env });
  t.match(
    await refusal(t, { TGOOK_APP: folder, TGOOK_JOB_FORMAT: 'json' }),
    /TGOOK_JOB_FORMAT is json, and the constructor of .* takes a typed Update/,
  );
  t.match(await refusal(t, { TGOOK_APP: folder, TGOOK_PHP: '/no/such/php' }), /there is no \/no\/such\/php/);
  t.match(await refusal(t, { TGOOK_APP: folder, TGOOK_JOB_CLASS: 'App\\Jobs\\Gone' }), /App\\Jobs\\Gone/);
  t.match(await refusal(t, { TGOOK_APP: folder, TGOOK_QUEUE_CONNECTION: 'sqs' }), /sqs/);
  const job = OWN_JOB.replace('private string $token', 'private string $token, array $options');
  t.match(await refusal(t, { TGOOK_APP: makeServedApp(t, { env, job }) }), /\$options/);
  const throwing = makeServedApp(t, { env });
  writeFileSync(join(throwing, 'config/app.php'), '<?php throw new RuntimeException("no such tenant");');
  t.match(await refusal(t, { TGOOK_APP: throwing }), /no such tenant/);
  writeFileSync(join(throwing, '.env'), 'APP_NAME=two words');
  t.match(
    await refusal(t, { TGOOK_APP: throwing }),
    /the app ended PHP, as exit\(\) does: .*dotenv file.*\[…\]/,
  );
  t.match(
    await refusal(t, { TGOOK_APP: makeApp(t, {}) }),
    /phptg\/bot-api is not installed|has no class|App\\Jobs/,
  );
});

t.test('the class facts of an app are those that come with tgook, byte for byte', async t => {
  for (const version of BUNDLED_SCHEMAS) {
    const folder = makeServedApp(t, { phptg: version, env: {} });
    const out = join(folder, 'schema.json');
    const { code, stdout, stderr } = await tgookOutput(['schema', 'export', '--app', folder, '--out', out]);
    t.equal(code, 0, stderr);
    t.equal(stdout, '');
    t.match(stderr, `the same as TGOOK_SCHEMA=${version}`);
    t.ok(
      readFileSync(out).equals(readFileSync(`${PACKAGE_ROOT}config/schema/phptg-${version}.json`)),
      version,
    );
  }
});

t.test('an export is served from its file', async t => {
  const redis = await redisFor(t);
  const env = { REDIS_PORT: redis.port };
  const folder = makeServedApp(t, { phptg: '0.21', env, job: OWN_JOB });
  const file = join(folder, 'schema.json');
  t.equal((await tgookOutput(['schema', 'export', '--app', folder, '--out', file])).code, 0);
  const tgook = await serve(t, { TGOOK_SCHEMA: file, REDIS_PORT: redis.port });
  t.equal((await post(tgook, 'main', textUpdate(1), 'abc')).status, 200);
  const { received, output } = await work({ folder });
  t.match(received, [{ bot: 'main', source: 'webhook', maxTries: 7 }], output.slice(-500));
  t.match(
    await refusal(t, { TGOOK_SCHEMA: file, TGOOK_JOB_CLASS: 'App\\Other' }),
    /TGOOK_JOB_CLASS is App\\Other, and the schema/,
  );
});

t.test('an export that fails writes nothing', async t => {
  const folder = makeApp(t, {});
  const out = join(folder, 'schema.json');
  writeFileSync(out, 'as it was');
  const args = ['schema', 'export', '--app', folder, '--out', out];
  t.match(await refusal(t, {}, args), /phptg\/bot-api is not installed in .*composer require phptg\/bot-api/);
  t.equal(readFileSync(out, 'utf8'), 'as it was');
  const served = makeServedApp(t, { env: {} });
  const nowhere = join(served, 'no/such/folder/schema.json');
  t.match(
    await refusal(t, {}, ['schema', 'export', '--app', served, '--out', nowhere]),
    /cannot be written \(ENOENT\)/,
  );
  t.notOk(existsSync(join(served, 'no')));
});

t.test('PHP that dies is told in one line', async t => {
  const folder = makeServedApp(t, { env: {} });
  const php = (script: string): string => {
    const path = join(t.testdir({}), `php-${Math.random()}`);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const args = (path: string): string[] => ['schema', 'export', '--app', folder, '--php', path];
  t.match(await refusal(t, {}, args(php('kill -9 $$'))), /PHP ended with SIGKILL while it read/);
  t.match(
    await refusal(t, {}, args(php('echo "Segmentation fault" >&2; exit 139'))),
    /PHP ended with 139 .*Segmentation fault/,
  );
  t.match(await refusal(t, {}, args(php('printf "{\\"schema\\":" >&3'))), /PHP ended with 0/);
});

t.test('what an older schema could not hold is replayed with the right one, and handled once', async t => {
  const redis = await redisFor(t);
  const folder = makeServedApp(t, { phptg: '0.20', env: { REDIS_PORT: redis.port } });
  // Its poll has no members_only, which phptg demands from 0.21 on.
  const poll = {
    id: '1',
    question: 'q',
    options: [],
    total_voter_count: 0,
    is_closed: false,
    is_anonymous: true,
  };
  const body = JSON.stringify({
    update_id: 5,
    poll: { ...poll, type: 'regular', allows_multiple_answers: false, allows_revoting: false },
  });
  const wrong = await serve(t, { TGOOK_APP: folder, TGOOK_SCHEMA: '0.21.1' });
  t.equal((await post(wrong, 'main', body, 'abc')).status, 200);
  await wrong.stop();
  t.equal((await work({ folder })).received.length, 0);
  const right = { TGOOK_APP: folder };
  const listed = await tgookOutput(['quarantine', 'ls', '--json'], right);
  t.match(JSON.parse(listed.stdout), [
    { bot: 'main', update_id: 5, reason: 'Poll.membersOnly is required, and missing' },
  ]);
  for (let i = 0; i < 2; i++) t.equal((await tgookOutput(['quarantine', 'replay', '--all'], right)).code, 0);
  const { received, output } = await work({ folder });
  t.match(received, [{ bot: 'main', update: { updateId: 5, poll: { question: 'q' } } }], output.slice(-500));
  t.equal(received.length, 1);
});

t.test("the tests' own app can be named as it is", async t => {
  const redis = await redisFor(t);
  const { folder, phptg } = laravelApp();
  const tgook = await serve(t, { TGOOK_APP: folder, TGOOK_TEST_PHPTG: phptg(), REDIS_PORT: redis.port });
  t.equal((await post(tgook, 'main', textUpdate(1), 'abc')).status, 200);
  const { received, output } = await work({ redisPort: redis.port });
  t.equal(received.length, 1, output.slice(-500));
});
