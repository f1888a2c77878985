import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { App, AppConfig, AppRedis } from '../../lib/app/inspect.js';
import { AppError } from '../../lib/errors.js';
import { STANDARD_JOBS } from '../../lib/schema/job.js';
import type { Environment } from '../../lib/settings/env-file.js';
import {
  appDoubts,
  contradictions,
  environmentOfApp,
  ownValues,
  settingsOfApp,
  urlContradiction,
} from '../../lib/settings/of-app.js';
import { settingsOf } from '../support/queue.js';

const REDIS: AppRedis = {
  scheme: null,
  host: '10.0.0.1',
  port: 6380,
  database: 2,
  username: null,
  password: 'of the app',
  prefix: 'shop_database_',
};

const CONFIG: AppConfig = {
  name: 'Shop',
  timezone: 'Europe/Moscow',
  connection: 'redis',
  redis: REDIS,
  cluster: false,
  serializer: null,
  compression: null,
  horizonPrefix: 'shop_horizon:',
};

const APP: App = {
  folder: '/app',
  laravel: '12.72.0',
  phptg: '0.21.1',
  horizon: '5.30.0',
  config: CONFIG,
  job: STANDARD_JOBS.object,
  dispatch: { queue: null, connection: null },
  notes: [],
};

const withRedis = (redis: Partial<AppRedis>): App => ({
  ...APP,
  config: { ...CONFIG, redis: { ...REDIS, ...redis } },
});

t.test('an app gives all that its configuration says of the queue', async t => {
  t.strictSame(settingsOfApp(APP, {}), {
    TGOOK_LARAVEL: '12',
    TGOOK_JOB_FORMAT: 'object',
    APP_NAME: 'Shop',
    APP_TIMEZONE: 'Europe/Moscow',
    TGOOK_QUEUE_CONNECTION: 'redis',
    REDIS_PREFIX: 'shop_database_',
    HORIZON_PREFIX: 'shop_horizon:',
    REDIS_HOST: '10.0.0.1',
    REDIS_PORT: '6380',
    REDIS_DB: '2',
    REDIS_PASSWORD: 'of the app',
  });
  t.match(settingsOfApp({ ...APP, horizon: null }, {}), { TGOOK_HORIZON: 'never' });
  t.match(settingsOfApp({ ...APP, dispatch: { queue: 'bots', connection: null } }, {}), {
    TELEGRAM_UPDATES_QUEUE_NAME: 'bots',
  });
  for (const [laravel, payload] of [
    ['9.52.0', '11'],
    ['11.0.1', '11'],
    ['13.1.0', '13'],
    ['15.0.0', '13'],
    ['dev-master', undefined],
  ] as const) {
    t.equal(settingsOfApp({ ...APP, laravel }, {}).TGOOK_LARAVEL, payload, laravel);
  }
});

t.test('Redis by TLS is a URL, in which what is given by hand has its place', async t => {
  const tls = (redis: Partial<AppRedis>, byHand: Environment = {}): string | undefined =>
    settingsOfApp(withRedis({ password: null, ...redis }), byHand).REDIS_URL;
  t.equal(tls({}), undefined);
  t.equal(tls({ scheme: 'tcp' }), undefined);
  t.equal(tls({ scheme: 'tls' }), 'rediss://10.0.0.1:6380/2');
  t.equal(tls({ host: 'tls://10.0.0.1' }), 'rediss://10.0.0.1:6380/2');
  t.equal(tls({ scheme: 'rediss', host: '::1', port: null, database: null }), 'rediss://[::1]:6379/0');
  t.equal(tls({ scheme: 'tls', username: 'u', password: 'p@/:' }), 'rediss://u:p%40%2F%3A@10.0.0.1:6380/2');
  t.equal(tls({ scheme: 'tls', password: 'p' }), 'rediss://:p@10.0.0.1:6380/2');
  t.equal(
    tls(
      { scheme: 'tls' },
      { REDIS_HOST: 'other', REDIS_PORT: '1', REDIS_USERNAME: 'tgook', REDIS_PASSWORD: 'mine' },
    ),
    'rediss://tgook:mine@other:1/2',
  );
});

t.test('a queue that tgook cannot push to is refused', async t => {
  const none = { ...APP, config: { ...CONFIG, redis: null, connection: null } };
  t.throws(() => settingsOfApp(none, {}), {
    name: 'AppError',
    message: /no queue connection on Redis.*TGOOK_QUEUE_CONNECTION/,
  });
  const cluster = { ...APP, config: { ...CONFIG, cluster: true } };
  t.throws(() => settingsOfApp(cluster, {}), { name: 'AppError', message: /Redis Cluster/ });
  t.throws(() => settingsOfApp(cluster, {}), AppError);
});

t.test('what contradicts the app is told with both values, but for a password', async t => {
  const found = settingsOfApp(APP, {});
  t.same(contradictions({ REDIS_HOST: '10.0.0.1', APP_NAME: 'Shop' }, found), []);
  t.same(contradictions({ REDIS_DB: '0', REDIS_PREFIX: '', REDIS_PASSWORD: 'by hand' }, found), [
    'REDIS_PREFIX is "", and in the app it is "shop_database_": is it meant?',
    'REDIS_DB is "0", and in the app it is "2": is it meant?',
    'REDIS_PASSWORD is not the one in the app: is it meant?',
  ]);
});

t.test('a URL that leads elsewhere is told, without its password', async t => {
  const found = settingsOfApp(APP, {});
  for (const [url, ours] of [
    [undefined, undefined],
    ['redis://u:p@10.0.0.1:6380/2', undefined],
    ['rediss://10.0.0.1:6380?db=2', undefined],
    ['redis://10.0.0.1', undefined],
    ['redis://u:secret@10.0.0.1:6380/0', '10.0.0.1:6380, database 0'],
    ['redis://:secret@[::1]/2', '::1:6380, database 2'],
    ['unix:/run/redis.sock?db=2', '/run/redis.sock, database 2'],
  ] as const) {
    const told = `REDIS_URL names ${ours}, and the app has 10.0.0.1:6380, database 2: is it meant?`;
    t.same(
      urlContradiction(url === undefined ? {} : { REDIS_URL: url }, found),
      ours === undefined ? [] : [told],
    );
  }
});

t.test('what would make the workers fail is told', async t => {
  const settings = settingsOf({ TGOOK_SCHEMA: '0.21.1' });
  t.same(appDoubts(APP, settings), []);
  t.same(appDoubts({ ...APP, phptg: '0.20' }, settings), [
    'TGOOK_SCHEMA is of phptg/bot-api 0.21.1, and the app has 0.20: is it meant?',
  ]);
  t.match(appDoubts({ ...APP, laravel: '14.0.0' }, settings), [
    /does not know Laravel 14 yet, and writes the payload of 12/,
  ]);
  for (const option of ['serializer', 'compression'] as const) {
    const config = { ...CONFIG, [option]: 'igbinary' };
    t.match(appDoubts({ ...APP, config }, settings), [new RegExp(`has the ${option} igbinary`)]);
  }
});

t.test("of the app's own .env, Laravel's names are not given by hand", async t => {
  const app = t.testdir({ '.env': '', shared: {} });
  const values = {
    REDIS_DB: '0',
    APP_NAME: 'Shop',
    TGOOK_BOTS: 'a',
    SECRET_TOKEN: 's',
    LISTEN_PORT: '1',
    OTHER: 'x',
  };
  const own = { TGOOK_BOTS: 'a', SECRET_TOKEN: 's', LISTEN_PORT: '1', OTHER: 'x' };
  symlinkSync(join(app, '.env'), join(app, 'link'));
  writeFileSync(join(app, 'shared/.env'), '');
  for (const [path, expected] of [
    [join(app, '.env'), own],
    [join(app, 'link'), own],
    [join(app, 'shared/.env'), values],
  ] as const) {
    t.strictSame(ownValues({ path, values, worldReadable: false }, app), expected);
  }
  t.strictSame(ownValues(undefined, app), {});
});

t.test("an app with a .env is read without tgook's environment, and one without in it", async t => {
  const app = t.testdir({});
  const environment = {
    PATH: '/bin',
    REDIS_HOST: 'redis',
    APP_NAME: 'Shop',
    TGOOK_APP: app,
    TGOOK_TEST: 'x',
  };
  t.strictSame(environmentOfApp(app, environment), {
    PATH: '/bin',
    REDIS_HOST: 'redis',
    APP_NAME: 'Shop',
    TGOOK_TEST: 'x',
  });
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, '.env'), '');
  t.strictSame(environmentOfApp(app, environment), { PATH: '/bin', TGOOK_TEST: 'x' });
});
