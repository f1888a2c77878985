import t, { type Test } from 'tap';
import { type AppOptions, type Files, inspect, makeApp, problem } from './support/inspect.js';
import { HORIZON } from './support/laravel.js';

type Config = Record<string, unknown> & { redis: Record<string, unknown> };

function readConfig(
  t: Test,
  files: Files,
  options: AppOptions & { connection?: string; env?: Record<string, string> } = {},
): Config {
  const { connection, env, ...app } = options;
  const { document, stderr } = inspect(makeApp(t, files, app), {
    want: 'config',
    connection: connection ?? '',
    env: env ?? {},
  });
  t.notOk(document?.error, stderr);
  return document?.config as Config;
}

function php(array: string): string {
  return `<?php return ${array};`;
}

/** config/database.php with its `redis`, PHP text. */
function redis(array: string): Files {
  return {
    config: { 'database.php': php(`['redis' => ${array}]`), 'queue.php': php("['default' => 'redis']") },
  };
}

t.test("an app without files of configuration has Laravel's own, and .env", t => {
  const env = ['APP_NAME="My Bot"', 'REDIS_PASSWORD=geheim', 'REDIS_DB=2'];
  t.strictSame(readConfig(t, { '.env': env.join('\n') }), {
    name: 'My Bot',
    timezone: 'UTC',
    connection: 'redis',
    redis: {
      host: '127.0.0.1',
      port: 6379,
      database: 2,
      username: null,
      password: 'geheim',
      scheme: null,
      prefix: 'my_bot_database_',
    },
    cluster: false,
    serializer: null,
    compression: null,
    horizonPrefix: null,
  });
  t.end();
});

t.test('the environment wins over .env', t => {
  const { name } = readConfig(t, { '.env': 'APP_NAME=file' }, { env: { APP_NAME: 'process' } });
  t.equal(name, 'process');
  t.end();
});

t.test('the queue connection', t => {
  const queue = (fallback: string): Files => ({
    config: {
      'queue.php': php(`['default' => '${fallback}', 'connections' => [
        'fast' => ['driver' => 'redis', 'queue' => 'fast', 'connection' => 'default'],
        'redis' => ['driver' => 'redis', 'queue' => 'slow', 'connection' => 'cache'],
        'remote' => ['driver' => 'redis'],
        'db' => ['driver' => 'database'],
      ]]`),
      'database.php': php(
        "['redis' => ['default' => ['host' => 'a'], 'cache' => ['host' => 'b', 'port' => '7000']]]",
      ),
    },
  });
  const look = (fallback: string, connection?: string): unknown[] => {
    const config = readConfig(t, queue(fallback), connection === undefined ? {} : { connection });
    return [config.connection, config.redis.host, config.redis.port];
  };
  t.same(look('fast'), ['fast', 'a', null], 'is the default one');
  t.same(look('db'), ['redis', 'b', 7000], 'is another where the default is not in Redis');
  t.same(look('fast', 'remote'), ['remote', 'a', null], 'is the one named');

  const folder = makeApp(t, queue('fast'));
  const wrong = (connection: string): { code: string; message: string } =>
    problem(t, inspect(folder, { want: 'config', connection }));
  t.match(wrong('db'), { code: 'config', message: /connection db has the driver database/ });
  t.match(wrong('nope'), {
    code: 'config',
    message: /no connection nope: set TGOOK_QUEUE_CONNECTION to one in Redis \(.*fast, remote\)/,
  });
  t.end();
});

t.test('an app without a queue in Redis', t => {
  const config = readConfig(t, {
    bootstrap: {
      'app.php': `<?php $app = new Illuminate\\Foundation\\Application(dirname(__DIR__));
        $app->dontMergeFrameworkConfiguration(); return $app;`,
    },
    config: { 'app.php': php("['name' => 'Plain', 'timezone' => 'Europe/Moscow']") },
  });
  t.match(config, { name: 'Plain', timezone: 'Europe/Moscow', connection: null, redis: null });
  t.end();
});

t.test('a queue connection whose Redis connection is not there', t => {
  const folder = makeApp(t, redis("['default' => null]"));
  const error = problem(t, inspect(folder, { want: 'config' }));
  t.match(error, { code: 'config', message: /Redis connection \[default\] not configured/ });
  t.end();
});

const PREFIXES: Record<string, [string, string]> = {
  'the options of all connections': [
    "['options' => ['prefix' => 'all:'], 'default' => ['host' => 'h']]",
    'all:',
  ],
  "a connection's own": [
    "['options' => ['prefix' => 'all:'], 'default' => ['host' => 'h', 'prefix' => 'own:']]",
    'own:',
  ],
  "a connection's own options": [
    "['options' => ['prefix' => 'all:'], 'default' => ['host' => 'h', 'options' => ['prefix' => 'options:']]]",
    'options:',
  ],
  'its URL': [
    "['options' => ['prefix' => 'all:'], 'default' => ['prefix' => 'own:', 'url' => 'redis://h?prefix=url:']]",
    'url:',
  ],
  nothing: ["['default' => ['host' => 'h']]", ''],
};

for (const client of ['phpredis', 'predis']) {
  t.test(`${client}: the prefix comes from`, t => {
    for (const [name, [array, prefix]] of Object.entries(PREFIXES)) {
      const config = readConfig(t, redis(array.replace('[', `['client' => '${client}', `)));
      t.match(config, { redis: { host: 'h', prefix } }, name);
    }
    t.end();
  });
}

t.test("a URL's parts win over the others", t => {
  const url = 'rediss://me:p%40ss@example.com:6380/3';
  const config = readConfig(t, redis(`['default' => ['url' => '${url}', 'host' => 'h', 'port' => 1]]`));
  t.strictSame(config.redis, {
    host: 'example.com',
    port: 6380,
    database: 3,
    username: 'me',
    password: 'p@ss',
    scheme: 'tls',
    prefix: '',
  });
  t.match(readConfig(t, redis("['default' => ['host' => 'tls://h', 'port' => 1]]")).redis, {
    host: 'h',
    scheme: 'tls',
  });
  t.end();
});

t.test('a serializer and a compression are told', t => {
  const array =
    "['options' => ['serializer' => 1], 'default' => ['host' => 'h', 'options' => ['compression' => 3]]]";
  t.match(readConfig(t, redis(array)), { serializer: 1, compression: 3 });
  t.end();
});

t.test('a cluster: its first node, and its options', t => {
  const config = readConfig(t, {
    config: {
      'queue.php': php("['default' => 'redis']"),
      'database.php': php(`['redis' => [
        'options' => ['cluster' => 'redis', 'prefix' => 'all:'],
        'clusters' => [
          'options' => ['prefix' => 'cluster:', 'password' => 'p'],
          'default' => [['host' => 'a', 'port' => 7001], ['host' => 'b', 'port' => 7002]],
        ],
      ]]`),
    },
  });
  t.match(config, { cluster: true, redis: { host: 'a', port: 7001, password: 'p', prefix: 'cluster:' } });
  t.end();
});

t.test(
  "Horizon's prefix",
  { skip: HORIZON === undefined && 'TGOOK_TEST_HORIZON does not name a folder with laravel/horizon' },
  t => {
    const prefix = (files: Files): unknown => readConfig(t, files, { horizon: true }).horizonPrefix;
    const published = { config: { 'horizon.php': php("['prefix' => 'published:']") } };
    t.equal(
      prefix({ '.env': 'APP_NAME="My Bot"' }),
      'my_bot_horizon:',
      'where its configuration is not published',
    );
    t.equal(prefix({ '.env': 'HORIZON_PREFIX=env:' }), 'env:', 'of .env');
    t.equal(prefix(published), 'published:', 'where it is published');
    const own: Files = {
      'database.php': php(
        "['redis' => ['cache' => ['host' => 'h'], 'default' => ['host' => 'h', 'prefix' => 'own:']]]",
      ),
    };
    t.equal(
      prefix({ config: { ...published.config, ...own } }),
      'own:',
      'is that of a connection with its own',
    );
    t.equal(
      prefix({ config: { ...own, 'horizon.php': php("['prefix' => 'p:', 'use' => 'cache']") } }),
      'p:',
      'with a connection of its own',
    );
    t.end();
  },
);

t.test('a cached configuration', t => {
  const cached = `['app' => ['name' => 'Cached'], 'queue' => ['default' => 'q', 'connections' => [
    'q' => ['driver' => 'redis', 'queue' => 'u']]], 'database' => ['redis' => ['default' => ['host' => 'c']]]]`;
  const config = readConfig(t, {
    '.env': 'APP_NAME=Env',
    bootstrap: {
      'app.php': '<?php return Illuminate\\Foundation\\Application::configure(dirname(__DIR__))->create();',
      cache: { 'config.php': php(cached) },
    },
  });
  t.match(config, { name: 'Cached', timezone: null, connection: 'q', redis: { host: 'c' } });
  t.end();
});

t.test('the bootstrap of older apps', t => {
  const bootstrap = `<?php
    $app = new Illuminate\\Foundation\\Application($_ENV['APP_BASE_PATH'] ?? dirname(__DIR__));
    $app->singleton(Illuminate\\Contracts\\Console\\Kernel::class, App\\Console\\Kernel::class);
    return $app;`;
  t.equal(readConfig(t, { '.env': 'APP_NAME=Old', bootstrap: { 'app.php': bootstrap } }).name, 'Old');
  t.end();
});

t.test('providers are neither registered nor booted', t => {
  const bootstrap = `<?php class Dies extends Illuminate\\Support\\ServiceProvider {
      public function register() { exit(9); } }
    return Illuminate\\Foundation\\Application::configure(dirname(__DIR__))->withProviders([Dies::class])->create();`;
  t.equal(readConfig(t, { bootstrap: { 'app.php': bootstrap } }).name, 'Laravel');
  t.end();
});
