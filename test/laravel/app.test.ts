import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { post, textUpdate, tgookOutput } from '../support/tgook.js';
import { makeApp } from './support/inspect.js';
import { laravelApp, work } from './support/laravel.js';
import { makeServedApp, OWN_JOB, redisFor, refusal, serve } from './support/served-app.js';

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
    await tgook.stop('SIGKILL');
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
    /the app has no class App\\Jobs\\ProcessTelegramUpdateJob: make it as 'tgook job' prints it/,
  );
  const spaced = makeServedApp(t, { env: { ...env, REDIS_PREFIX: 'my shop_' } });
  t.match(
    await refusal(t, { TGOOK_APP: spaced }),
    /the configuration of the app .* cannot be used: REDIS_PREFIX must be/,
  );
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
  await wrong.stop('SIGKILL');
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

t.test(
  'a reload reads the app again; an app that cannot be read changes nothing, and holds nobody up',
  async t => {
    const redis = await redisFor(t);
    const folder = makeServedApp(t, { env: { APP_NAME: 'Shop', REDIS_PORT: redis.port } });
    const tgook = await serve(t, { TGOOK_APP: folder });
    const jobs = (app: string) => redis.client.llen(`${app}_database_queues:telegram_updates`);
    t.equal((await post(tgook, 'main', textUpdate(1), 'abc')).status, 200);

    writeFileSync(join(folder, '.env'), `APP_NAME=Market\nREDIS_PORT=${redis.port}\n`);
    tgook.process.kill('SIGHUP');
    t.same((await tgook.line(/^reloaded/)).changed, ['REDIS_PREFIX', 'APP_NAME']);
    // A connection of its own: a kept one has one more answer of an old worker.
    const fresh = (id: number) =>
      fetch(`${tgook.url}main`, {
        method: 'POST',
        body: textUpdate(id),
        headers: { 'X-Telegram-Bot-Api-Secret-Token': 'abc', Connection: 'close' },
      });
    await fresh(2);
    t.equal((await fresh(3)).status, 200);
    t.ok((await jobs('market')) >= 1);

    writeFileSync(join(folder, 'config/app.php'), '<?php sleep(2); throw new Exception("broken");');
    tgook.process.kill('SIGHUP');
    for (let id = 10; id < 15; id++) t.equal((await fresh(id)).status, 200);
    t.notOk(
      tgook.log.some(({ msg }) => /^the reload/.test(msg)),
      'PHP is still at it',
    );
    t.match((await tgook.line(/^the reload has failed/)).msg, /broken/);
    t.equal((await fresh(20)).status, 200);
    t.ok((await jobs('market')) >= 7);
  },
);
