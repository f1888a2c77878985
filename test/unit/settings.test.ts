import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { SettingError, StartError } from '../../lib/errors.js';
import { BUNDLED_SCHEMAS } from '../../lib/schema/bundled.js';
import { type LoadedSettings, loadSettings, settingsFile } from '../../lib/settings/load.js';
import { SETTINGS, type SettingName } from '../../lib/settings/table.js';

type Values = Readonly<Record<string, string>>;

/** A secret, so that there is no warning of its absence. */
const SECRET = { SECRET_TOKEN: 'secret' };

/** Loads from values alone: /dev/null is an empty file. */
const load = (values: Values): LoadedSettings => loadSettings(values, '/dev/null');

const settings = (values: Values) => load(values).settings;

function writeEnv(t: Test, text: string): string {
  const path = join(t.testdir(), '.env');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function refusal(values: Values): SettingError {
  try {
    load(values);
  } catch (error) {
    if (error instanceof SettingError) return error;
    throw error;
  }
  throw new Error(`not refused: ${JSON.stringify(values)}`);
}

/** Every rule: values that are taken, with what becomes of them, and values that are not. */
const RULES: ReadonlyArray<{
  readonly names: readonly SettingName[];
  readonly good: ReadonlyArray<readonly [given: string, taken: unknown]>;
  readonly bad: readonly string[];
  readonly says: RegExp;
}> = [
  {
    names: ['REDIS_HOST'],
    good: [
      ['redis', 'redis'],
      ['redis.example.com', 'redis.example.com'],
      ['::1', '::1'],
      ['/run/redis/redis.sock', '/run/redis/redis.sock'],
    ],
    bad: ['two words', 'redis/0', 'tcp://redis', ' redis', 'rédis', '/run/a b'],
    says: /^REDIS_HOST must be a host name, an IP address or the path of a Unix socket;/,
  },
  {
    names: ['REDIS_PORT'],
    good: [
      ['0', 0],
      ['1', 1],
      ['65535', 65535],
    ],
    bad: ['65536', '-1', '6379.5', '0x10', '1e3', ' 6379', 'redis'],
    says: /^REDIS_PORT must be a whole number from 0 to 65535;/,
  },
  {
    names: ['REDIS_DB'],
    good: [
      ['0', 0],
      ['15', 15],
      ['999999', 999_999],
    ],
    bad: ['-1', '1000000', '1.0', 'cache', '9999999999999999999'],
    says: /^REDIS_DB must be a whole number from 0 to 999999;/,
  },
  {
    names: ['REDIS_USERNAME', 'REDIS_PASSWORD', 'APP_NAME'],
    good: [
      ['a b', 'a b'],
      ['$ecr$$et#"', '$ecr$$et#"'],
      ['0', '0'],
    ],
    bad: [],
    says: /./,
  },
  {
    names: ['REDIS_URL'],
    good: [
      ['redis://127.0.0.1', 'redis://127.0.0.1'],
      ['redis://u:p%40ss@redis:6380/3', 'redis://u:p%40ss@redis:6380/3'],
      ['rediss://redis/0', 'rediss://redis/0'],
      ['unix:///run/redis.sock?db=2', 'unix:///run/redis.sock?db=2'],
      ['unix:/run/redis.sock', 'unix:/run/redis.sock'],
    ],
    bad: [
      'redis',
      '127.0.0.1:6379',
      'http://redis',
      'redis://redis/cache',
      'redis://redis/0/1',
      'unix:///s?db=x',
    ],
    says: /^REDIS_URL (must be a URL|must begin with redis:\/\/, rediss:\/\/ or unix:|names a database that is not a number);/,
  },
  {
    // What new URL() takes, and is no place to connect to.
    names: ['REDIS_URL'],
    good: [],
    bad: [
      'redis:6379',
      'redis://',
      'redis:///2',
      'rediss:redis',
      'unix:',
      'unix:redis.sock',
      'unix://run/redis.sock',
    ],
    says: /^REDIS_URL [^;]+;/,
  },
  {
    // What new URL() takes, and decodeURIComponent() throws at.
    names: ['REDIS_URL'],
    good: [],
    bad: ['redis://:100%@redis', 'redis://%zz@redis', 'unix:/run/%ff.sock'],
    says: /^REDIS_URL [^;]+;/,
  },
  {
    names: ['REDIS_PREFIX', 'HORIZON_PREFIX'],
    good: [
      ['app:', 'app:'],
      ['{tag}_', '{tag}_'],
      ['p'.repeat(128), 'p'.repeat(128)],
    ],
    bad: ['my app', 'prä_', 'p'.repeat(129), 'a\tb', 'a\u0000b'],
    says: /_PREFIX must be at most 128 printable ASCII characters without spaces;/,
  },
  {
    names: ['APP_TIMEZONE'],
    good: [
      ['UTC', 'UTC'],
      ['Europe/Moscow', 'Europe/Moscow'],
      ['europe/moscow', 'europe/moscow'],
      ['America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
      ['Etc/GMT+5', 'Etc/GMT+5'],
    ],
    bad: ['Moscow', '+03:00', 'Europe/Moscow ', 'Europe/Nowhere', '../etc', 'Europe"Moscow'],
    says: /^APP_TIMEZONE is not a time zone of the IANA database;/,
  },
  {
    names: ['SECRET_TOKEN', 'TELEGRAM_SECRET_TOKEN'],
    good: [
      ['a', ['a']],
      ['A-Za-z0-9_-', ['A-Za-z0-9_-']],
      ['s'.repeat(256), ['s'.repeat(256)]],
      ['old,new', ['old', 'new']],
      ['old, new', ['old', 'new']],
    ],
    bad: ['s'.repeat(257), 'two words', 'a,,b', 'a,', ',', ' ', 'p@ss', 'ключ', 'a;b'],
    says: /SECRET_TOKEN must be 1-256 of A-Z a-z 0-9 _ - \(several are separated by commas\);/,
  },
  {
    names: ['SECRET_TOKEN', 'TELEGRAM_SECRET_TOKEN'],
    good: [],
    bad: ['', 'null', '(null)', 'NULL', 'empty', '(empty)'],
    says: /SECRET_TOKEN is empty: give the secret_token of setWebhook, or remove the line to switch the check off;/,
  },
  {
    names: ['LISTEN_PORT'],
    good: [
      ['0', 0],
      ['443', 443],
    ],
    bad: ['65536', '-1', 'http', '8080 '],
    says: /^LISTEN_PORT must be a whole number from 0 to 65535;/,
  },
  {
    names: ['TGOOK_LISTEN_HOST'],
    good: [
      ['127.0.0.1', '127.0.0.1'],
      ['::', '::'],
      ['tgook.internal', 'tgook.internal'],
    ],
    bad: ['127.0.0.1/8', 'two words', 'http://127.0.0.1', '*'],
    says: /^TGOOK_LISTEN_HOST must be an IP address or a host name;/,
  },
  {
    names: ['TGOOK_LISTEN_HOST'],
    good: [],
    bad: ['unix:/run/tgook/tgook.sock', 'unix:'],
    says: /^TGOOK_LISTEN_HOST cannot be a Unix socket yet: give an address;/,
  },
  {
    names: ['TGOOK_WORKERS'],
    good: [
      ['1', 1],
      ['256', 256],
    ],
    bad: ['0', '257', '-2', 'all', '1.5'],
    says: /^TGOOK_WORKERS must be a whole number from 1 to 256;/,
  },
  {
    names: ['TGOOK_ACK'],
    good: [
      ['redis', 'redis'],
      ['aof', 'aof'],
      ['replicas:1', 'replicas:1'],
      ['replicas:16', 'replicas:16'],
    ],
    bad: [
      'replicas',
      'replicas:',
      'replicas:0',
      'replicas:17',
      'replicas:1.5',
      'AOF',
      'disk',
      'aof,replicas:1',
    ],
    says: /^TGOOK_ACK must be redis, aof, or replicas:N with N from 1 to 16;/,
  },
  {
    names: ['TGOOK_QUEUE_MAX'],
    good: [
      ['1', 1],
      ['1000000000', 1_000_000_000],
    ],
    bad: ['0', '1000000001', '-1', 'off', '1.5'],
    says: /^TGOOK_QUEUE_MAX must be a whole number from 1 to 1000000000;/,
  },
  {
    names: ['TGOOK_BOTS'],
    good: [
      ['main', ['main']],
      ['7000000001, a.b:c_d-e', ['7000000001', 'a.b:c_d-e']],
      ['b'.repeat(128), ['b'.repeat(128)]],
    ],
    bad: ['a/b', 'a,,b', 'two words', 'b'.repeat(129), 'бот', '%41'],
    says: /^TGOOK_BOTS must be bot ids of 1-128 of A-Z a-z 0-9 _ \. : - with commas between;/,
  },
  {
    names: ['TGOOK_MAX_BODY'],
    good: [
      ['1024', 1024],
      ['4194304', 4_194_304],
    ],
    bad: ['1023', '4194305', '1M', '1e6'],
    says: /^TGOOK_MAX_BODY must be a whole number from 1024 to 4194304;/,
  },
  {
    names: ['TGOOK_ADMIN'],
    good: [
      ['off', 'off'],
      ['127.0.0.1:9071', { host: '127.0.0.1', port: 9071 }],
      ['[::1]:0', { host: '::1', port: 0 }],
      ['localhost:65535', { host: 'localhost', port: 65535 }],
    ],
    bad: ['9071', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '::1:9071', 'on', 'http://h:1', 'false'],
    says: /^TGOOK_ADMIN must be host:port, or off;/,
  },
  {
    names: ['TGOOK_LOG_LEVEL'],
    good: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map(
      level => [level, level] as const,
    ),
    bad: ['INFO', 'verbose', 'warning', '30'],
    says: /^TGOOK_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent;/,
  },
  {
    names: ['TELEGRAM_UPDATES_QUEUE_NAME', 'TGOOK_QUEUE_CONNECTION'],
    good: [
      ['default', 'default'],
      ['{telegram}_updates', '{telegram}_updates'],
      ['reserved', 'reserved'],
      ['a:notify:b', 'a:notify:b'],
    ],
    bad: ['two words', 'tab\tbed', 'a\nb', 'очередь', 'q'.repeat(129), 'a\u007fb'],
    says: /must be 1-128 printable ASCII characters without spaces;/,
  },
  {
    names: ['TELEGRAM_UPDATES_QUEUE_NAME'],
    good: [],
    bad: ['updates:reserved', 'updates:delayed', 'updates:notify', ':notify'],
    says: /^TELEGRAM_UPDATES_QUEUE_NAME must not end in :(reserved|delayed|notify), which Laravel keeps for itself;/,
  },
  {
    names: ['TGOOK_JOB_FORMAT'],
    good: ['object', 'json', 'legacy'].map(format => [format, format] as const),
    bad: ['Object', 'xml', 'true'],
    says: /^TGOOK_JOB_FORMAT must be one of object, json, legacy;/,
  },
  {
    names: ['TGOOK_JOB_CLASS'],
    good: [
      ['App\\Jobs\\Take', 'App\\Jobs\\Take'],
      ['Take', 'Take'],
      ['_\\_1', '_\\_1'],
    ],
    bad: [
      '\\App\\Jobs\\Take',
      'App/Jobs/Take',
      'App\\\\Take',
      'App\\Take\\',
      'App\\1Take',
      'Take";s:1:"',
      'Take\n',
      'Täke',
      'T'.repeat(257),
    ],
    says: /^TGOOK_JOB_CLASS must be a PHP class name with its namespace, without a backslash in front;/,
  },
  {
    names: ['TGOOK_SCHEMA'],
    good: BUNDLED_SCHEMAS.map(version => [version, version] as const),
    bad: ['0.1', 'newest', '0.21.1 '],
    says: /^TGOOK_SCHEMA is neither a bundled version \(0\.20, 0\.21, 0\.21\.1\) nor the path of a file made by 'tgook schema export';/,
  },
  {
    names: ['TGOOK_APP'],
    good: [],
    bad: ['/no/such/folder', '/dev/null'],
    says: /^TGOOK_APP names no folder that is there;/,
  },
  {
    names: ['TGOOK_PHP'],
    good: [
      ['php8.4', 'php8.4'],
      ['/usr/bin/php', '/usr/bin/php'],
    ],
    bad: ['php -n', '/opt/my php'],
    says: /^TGOOK_PHP must be the name or the path of a program;/,
  },
  {
    names: ['TGOOK_LARAVEL'],
    good: ['11', '12', '13'].map(version => [version, version] as const),
    bad: ['10', '12.0', '14', 'twelve'],
    says: /^TGOOK_LARAVEL must be one of 11, 12, 13;/,
  },
  {
    names: ['TGOOK_HORIZON'],
    good: ['auto', 'always', 'never'].map(when => [when, when] as const),
    bad: ['on', 'true', 'Always'],
    says: /^TGOOK_HORIZON must be one of auto, always, never;/,
  },
  {
    names: ['TGOOK_TAGS'],
    good: [
      ['telegram', ['telegram']],
      ['telegram, bot:{bot}', ['telegram', 'bot:{bot}']],
      [Array(16).fill('a').join(), Array(16).fill('a')],
    ],
    bad: [Array(17).fill('a').join(), 'two words', 'a,,b', 'метка', 'a"b', 'a\\b', 't'.repeat(129)],
    says: /^TGOOK_TAGS must be at most 16 tags of A-Z a-z 0-9 _ \. : @ \/ - with commas between; \{bot\} is the bot id;/,
  },
];

t.test('every setting has a rule in this test', t => {
  t.same([...new Set(RULES.flatMap(({ names }) => names))].sort(), Object.keys(SETTINGS).sort());
  t.end();
});

for (const { names, good, bad, says } of RULES) {
  for (const name of names) {
    t.test(`${name}: ${good.length} good and ${bad.length} bad values`, t => {
      for (const [given, taken] of good) {
        t.strictSame(settings({ [name]: given })[name], taken, `takes ${JSON.stringify(given).slice(0, 60)}`);
      }
      for (const given of bad) {
        const { setting, message } = refusal({ [name]: given });
        const told = `refuses ${JSON.stringify(given).slice(0, 60)}`;
        t.equal(setting, name, told);
        t.match(message, says);
        t.match(message, new RegExp(`^${name} [^\\n]+; for example ${name}=[^\\n]*$`), 'in one line');
        if (name === 'TGOOK_APP') continue; // its example is a folder that is not on this machine
        const example = message.slice(message.indexOf(`; for example ${name}=`) + name.length + 15);
        t.doesNotThrow(() => load({ [name]: example }), `its example, ${example}, can be used`);
      }
      t.end();
    });
  }
}

t.test('a refusal stays one line when the value is not', t => {
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    if (['REDIS_USERNAME', 'REDIS_PASSWORD', 'APP_NAME'].includes(name)) continue;
    t.notMatch(refusal({ [name]: 'two\nlines' }).message, /\n/, name);
  }
  t.end();
});

t.test('the value of a password is never told', t => {
  t.notMatch(refusal({ REDIS_PASSWORD: 'hidden${', SECRET_TOKEN: 'ok' }).message, /hidden/);
  t.notMatch(refusal({ SECRET_TOKEN: 'hidden value' }).message, /hidden/);
  t.notMatch(refusal({ REDIS_URL: 'http://u:hidden@host' }).message, /hidden/);
  t.end();
});

t.test("null and empty mean none, in all of Laravel's spellings, but for a secret and a prefix", t => {
  const defaults = settings({});
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    if (/SECRET_TOKEN|_PREFIX/.test(name)) continue;
    if (name === 'APP_NAME') continue;
    for (const nothing of ['', 'null', '(null)', 'NULL', 'empty', '(Empty)']) {
      t.strictSame(settings({ [name]: nothing })[name], defaults[name], `${name}=${nothing}`);
    }
  }
  t.equal(defaults.REDIS_PASSWORD, undefined);
  t.equal(defaults.REDIS_USERNAME, undefined);
  for (const nothing of ['', 'null', '(null)', 'NULL', 'empty', '(Empty)']) {
    t.equal(settings({ REDIS_PREFIX: nothing }).REDIS_PREFIX, '', 'a prefix that is none');
    t.equal(settings({ HORIZON_PREFIX: nothing }).HORIZON_PREFIX, 'horizon:', "Horizon's own last resort");
  }
  t.end();
});

t.test('the defaults', t => {
  t.match(settings({}), {
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: 6379,
    REDIS_DB: 0,
    REDIS_PREFIX: 'laravel_database_',
    HORIZON_PREFIX: 'laravel_horizon:',
    APP_TIMEZONE: 'UTC',
    SECRET_TOKEN: undefined,
    LISTEN_PORT: 9070,
    TGOOK_LISTEN_HOST: '0.0.0.0',
    TGOOK_BOTS: undefined,
    TGOOK_MAX_BODY: 1_048_576,
    TGOOK_ADMIN: { host: '127.0.0.1', port: 9071 },
    TELEGRAM_UPDATES_QUEUE_NAME: 'telegram_updates',
    TGOOK_JOB_FORMAT: 'object',
    schema: { job: { class: 'App\\Jobs\\ProcessTelegramUpdateJob' }, classes: { version: '0.21.1' } },
    TGOOK_APP: undefined,
    TGOOK_PHP: 'php',
    TGOOK_LARAVEL: '12',
    TGOOK_HORIZON: 'auto',
    TGOOK_QUEUE_CONNECTION: 'redis',
    TGOOK_TAGS: undefined,
    TGOOK_LOG_LEVEL: 'info',
  });
  const legacy = { TGOOK_JOB_FORMAT: 'legacy' };
  t.equal(settings(legacy).schema.job.class, 'App\\Jobs\\ProcessTelegramUpdate');
  t.equal(settings({ ...legacy, TGOOK_JOB_CLASS: 'Mine' }).schema.job.class, 'Mine');
  t.end();
});

t.test('SECRET_TOKEN goes before TELEGRAM_SECRET_TOKEN, which stands in for it', t => {
  t.same(settings({ TELEGRAM_SECRET_TOKEN: 'theirs' }).SECRET_TOKEN, ['theirs']);
  t.same(settings({ TELEGRAM_SECRET_TOKEN: 'theirs', SECRET_TOKEN: 'ours' }).SECRET_TOKEN, ['ours']);
  t.end();
});

t.test('the prefixes come from APP_NAME as in Laravel', t => {
  for (const [name, underscores, dashes] of [
    ['Laravel', 'laravel', 'laravel'],
    ['My App', 'my_app', 'my-app'],
    ['a_b-c', 'a_b_c', 'a-b-c'],
    ['x@y', 'x_at_y', 'x-at-y'],
    ['  A.b  -- C!  ', 'ab_c', 'ab-c'],
    ['100% bot', '100_bot', '100-bot'],
  ] as const) {
    for (const version of ['11', '12']) {
      const { REDIS_PREFIX, HORIZON_PREFIX } = settings({ APP_NAME: name, TGOOK_LARAVEL: version });
      t.same([REDIS_PREFIX, HORIZON_PREFIX], [`${underscores}_database_`, `${underscores}_horizon:`], name);
    }
    const { REDIS_PREFIX, HORIZON_PREFIX } = settings({ APP_NAME: name, TGOOK_LARAVEL: '13' });
    t.same([REDIS_PREFIX, HORIZON_PREFIX], [`${dashes}-database-`, `${underscores}_horizon:`], `${name}, 13`);
  }
  for (const nothing of ['', 'null']) {
    const { REDIS_PREFIX, HORIZON_PREFIX } = settings({ APP_NAME: nothing });
    t.same([REDIS_PREFIX, HORIZON_PREFIX], ['_database_', '_horizon:'], `an app whose name is '${nothing}'`);
  }
  t.equal(settings({ APP_NAME: 'Other', REDIS_PREFIX: 'given:' }).REDIS_PREFIX, 'given:');
  t.equal(settings({ APP_NAME: 'Other', HORIZON_PREFIX: 'given:' }).HORIZON_PREFIX, 'given:');
  t.end();
});

t.test("Horizon's prefix is not asked for where Horizon is not", t => {
  t.equal(settings({ APP_NAME: 'Бот', REDIS_PREFIX: 'bot_', TGOOK_HORIZON: 'never' }).HORIZON_PREFIX, '');
  t.equal(settings({ TGOOK_HORIZON: 'never', HORIZON_PREFIX: 'h:' }).HORIZON_PREFIX, 'h:');
  t.end();
});

t.test('a name beyond ASCII is refused where a prefix would come from it', t => {
  const error = refusal({ APP_NAME: 'Бот' });
  t.equal(error.setting, 'REDIS_PREFIX');
  t.match(
    error.message,
    /^REDIS_PREFIX cannot be derived from an APP_NAME with letters beyond ASCII: give it;/,
  );
  t.match(error.message, /; for example REDIS_PREFIX=laravel_database_$/);
  t.equal(refusal({ APP_NAME: 'Бот', REDIS_PREFIX: 'bot_' }).setting, 'HORIZON_PREFIX');
  const given = settings({ APP_NAME: 'Бот', REDIS_PREFIX: 'bot_', HORIZON_PREFIX: 'bot:' });
  t.match(given, { REDIS_PREFIX: 'bot_', HORIZON_PREFIX: 'bot:', APP_NAME: 'Бот' });
  t.end();
});

t.test('the environment goes before the file, and process.env stays as it is', t => {
  const path = writeEnv(t, 'REDIS_PORT=7001\nREDIS_HOST=from-file\nTGOOK_TEST_ONLY=1\n');
  const before = { ...process.env };
  const loaded = loadSettings({ REDIS_PORT: '7002' }, path);
  t.equal(loaded.settings.REDIS_PORT, 7002);
  t.equal(loaded.settings.REDIS_HOST, 'from-file');
  t.equal(loaded.file, path);
  t.same({ ...process.env }, before);
  writeFileSync(path, 'REDIS_HOST=changed\n');
  t.equal(loadSettings({}, path).settings.REDIS_HOST, 'changed', 'a file that is read again counts anew');
  t.end();
});

t.test('without a path, .env of the working directory is read, where there is one', t => {
  const folder = t.testdir({ with: { '.env': 'REDIS_PORT=7003\n' }, without: {} });
  const home = process.cwd();
  t.teardown(() => process.chdir(home));
  process.chdir(join(folder, 'with'));
  const found = loadSettings({});
  t.same([found.file, found.settings.REDIS_PORT], ['.env', 7003]);
  process.chdir(join(folder, 'without'));
  const none = loadSettings({});
  t.same([none.file, none.settings.REDIS_PORT], [undefined, 6379]);
  t.end();
});

t.test('a file that cannot be read ends the start in one line', t => {
  const folder = t.testdir({});
  for (const path of [join(folder, 'absent'), folder]) {
    t.throws(() => loadSettings({}, path), {
      name: 'StartError',
      message: new RegExp(`^${path} cannot be read \\(E[A-Z]+\\): let the user that runs tgook read it$`),
    });
  }
  t.end();
});

t.test('${VAR} is replaced as in Laravel, and a bare $ is not', t => {
  for (const [text, name, expected, environment = {}] of [
    ['HOST=redis\nREDIS_HOST=${HOST}.local\n', 'REDIS_HOST', 'redis.local'],
    ['A=1\nB=${A}2\nREDIS_PASSWORD="${B}3"\n', 'REDIS_PASSWORD', '123'],
    ['HOST=file\nREDIS_HOST=${HOST}\n', 'REDIS_HOST', 'environment', { HOST: 'environment' }],
    ['REDIS_HOST=${HOST}\n', 'REDIS_HOST', 'environment', { HOST: 'environment' }],
    ['REDIS_PASSWORD=pa$$w$rd\n', 'REDIS_PASSWORD', 'pa$$w$rd'],
    ['rd=1\nREDIS_PASSWORD=pa$rd\n', 'REDIS_PASSWORD', 'pa$rd'],
    ['REDIS_PASSWORD="$1 $& $`"\n', 'REDIS_PASSWORD', '$1 $& $`'],
    ['A=$&\nREDIS_PASSWORD="<${A}>"\n', 'REDIS_PASSWORD', '<$&>'],
    ['A=1\nA=2\nREDIS_PASSWORD=${A}\n', 'REDIS_PASSWORD', '2'],
    ["A=1\n  export  REDIS_PASSWORD =  'pa$$w'\n", 'REDIS_PASSWORD', 'pa$$w'],
    ['A=\nREDIS_PASSWORD=<${A}>\n', 'REDIS_PASSWORD', '<>'],
  ] as ReadonlyArray<readonly [string, SettingName, string, Values?]>) {
    const path = writeEnv(t, text);
    t.equal(loadSettings(environment, path).settings[name], expected, JSON.stringify(text));
  }
  t.end();
});

t.test('escapes between double quotes are read as in Laravel', t => {
  for (const [quoted, expected] of [
    ['"say \\"hi\\""', 'say "hi"'],
    ['"back\\\\slash"', 'back\\slash'],
    ['"pa\\$word"', 'pa$word'],
    ['"tab\\tbed"', 'tab\tbed'],
    ['"a\\\\n"', 'a\\n'],
    ["'as\\it\\nis'", 'as\\it\\nis'],
    ['as\\it\\nis', 'as\\it\\nis'],
  ] as const) {
    const path = writeEnv(t, `REDIS_PASSWORD=${quoted}\n`);
    t.equal(loadSettings({}, path).settings.REDIS_PASSWORD, expected, quoted);
  }
  t.end();
});

t.test('a value that still holds ${ is refused', t => {
  for (const [text, name] of [
    ['REDIS_PASSWORD=${NOWHERE}\n', 'REDIS_PASSWORD'],
    ['REDIS_HOST=${LATER}\nLATER=redis\n', 'REDIS_HOST'],
    ["A=1\nREDIS_PASSWORD='${A}'\n", 'REDIS_PASSWORD'],
    ['REDIS_PASSWORD=a${\n', 'REDIS_PASSWORD'],
    ['SECRET_TOKEN=${A}\n', 'SECRET_TOKEN'],
    ['REDIS_PREFIX=${A}\n', 'REDIS_PREFIX'],
  ] as const) {
    const path = writeEnv(t, text);
    t.throws(() => loadSettings({}, path), {
      name: 'SettingError',
      setting: name,
      message: new RegExp(
        `^${name} still holds \\$\\{…\\} after expansion: define that variable above it; for example ${name}=\\S+$`,
      ),
    });
  }
  const other = writeEnv(t, 'DB_PASSWORD=${NOWHERE}\nMIX_KEY="${PUSHER}"\n');
  t.doesNotThrow(() => loadSettings({}, other), "the app's other settings are no concern of tgook");
  t.end();
});

t.test('an unknown TGOOK_ name is warned about, with the nearest known one', t => {
  const warn = (values: Values) => load({ ...SECRET, ...values }).warnings;
  t.same(warn({ TGOOK_WORKER: '2' }), [
    'TGOOK_WORKER is not a setting of tgook: did you mean TGOOK_WORKERS?',
  ]);
  t.same(warn({ TGOOK_MAXBODY: '1' }), [
    'TGOOK_MAXBODY is not a setting of tgook: did you mean TGOOK_MAX_BODY?',
  ]);
  t.same(warn({ TGOOK_SOMETHING_ELSE_ALTOGETHER: '1' }), [
    'TGOOK_SOMETHING_ELSE_ALTOGETHER is not a setting of tgook',
  ]);
  t.same(warn({ APP_KEY: '1', TELEGRAM_TOKEN: '1', TGOOK_WORKERS: '2' }), []);
  const path = writeEnv(t, 'TGOOK_WORKER=2\n');
  t.match(loadSettings(SECRET, path).warnings, [/^TGOOK_WORKER /], 'in the file too');
  t.end();
});

t.test('no secret is warned about', t => {
  t.same(load({}).warnings, ['SECRET_TOKEN is not set: anyone who finds the webhook can post updates to it']);
  t.same(load({ TELEGRAM_SECRET_TOKEN: 'secret' }).warnings, []);
  t.end();
});

t.test('a file with secrets that every user can read is warned about', t => {
  const path = writeEnv(t, 'REDIS_PASSWORD=hidden\n');
  t.same(loadSettings(SECRET, path).warnings, []);
  chmodSync(path, 0o644);
  t.same(loadSettings(SECRET, path).warnings, [
    `${path} holds secrets and every user of this machine can read it: chmod o-r ${path}`,
  ]);
  chmodSync(path, 0o640);
  t.same(loadSettings(SECRET, path).warnings, [], 'the group is the owner of the question');
  chmodSync(path, 0o644);
  for (const [text, secret] of [
    ['SECRET_TOKEN=a\n', true],
    ['REDIS_URL=redis://:p@h\n', true],
    ['REDIS_HOST=h\n', false],
  ] as const) {
    writeFileSync(path, text);
    t.equal(loadSettings(SECRET, path).warnings.length, secret ? 1 : 0, text);
  }
  t.end();
});

t.test('an argument that is no file is taken for a misspelt command', t => {
  const folder = t.testdir({});
  mkdirSync(join(folder, 'app'));
  writeFileSync(join(folder, 'app/.env'), '');
  t.equal(settingsFile(join(folder, 'app/.env'), ['demo']), join(folder, 'app/.env'));
  t.throws(() => settingsFile(folder, ['demo']), {
    name: 'StartError',
    message: `${folder} is a folder: give the path of the .env file in it`,
  });
  t.throws(() => settingsFile('dmeo', ['demo', 'doctor']), {
    message: /^'dmeo' is neither a command nor an existing file: did you mean 'tgook demo'\? [^\n]+$/,
  });
  t.throws(() => settingsFile('dmeo', ['demo']), StartError);
  t.end();
});
