import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { BUNDLED_SCHEMAS, NEWEST_SCHEMA, readBundledSchema } from '../../lib/schema/bundled.js';
import { type Files, inspect, makeApp, problem } from './support/inspect.js';
import { laravelApp } from './support/laravel.js';

const CREATE = 'return Illuminate\\Foundation\\Application::configure(dirname(__DIR__))->create();';

t.test("the bundled facts are those of phptg's classes", t => {
  // The real phptg, where there is one, and classes that were made of the facts.
  const sources: [version: string, folder: string][] = BUNDLED_SCHEMAS.map(version => [
    version,
    laravelApp().phptg(version),
  ]);
  sources.push([NEWEST_SCHEMA, laravelApp().phptg()]);
  for (const [version, phptg] of sources) {
    const folder = makeApp(t, {}, { phptg, installed: { 'phptg/bot-api': `v${version}` } });
    const { document, stderr } = inspect(folder, { want: 'schema', job: 'App\\Jobs\\None' });
    const { unions, classes, ...rest } = document!.schema as Record<string, unknown>;
    const bundled = readBundledSchema(version);
    t.equal(JSON.stringify(unions), JSON.stringify(bundled.unions), stderr);
    t.equal(JSON.stringify(classes), JSON.stringify(bundled.classes));
    t.strictSame(rest, {
      format: 1,
      package: 'phptg/bot-api',
      version,
      root: 'Phptg\\BotApi\\Type\\Update\\Update',
      job: {
        class: 'App\\Jobs\\None',
        format: 'object',
        properties: [
          { name: 'botId', value: 'bot' },
          { name: 'update', value: 'update' },
        ],
        payload: {},
      },
    });
    t.match(document?.notes, [/no class App\\Jobs\\None in the app/]);
  }
  t.end();
});

/** An app whose phptg has `from` replaced in one of its files. */
function appWithChangedPhptg(t: Test, file: string, from: string, to: string): string {
  const phptg = join(t.testdirName, 'phptg');
  const folder = makeApp(t, {}, { phptg });
  cpSync(laravelApp().generatedPhptg(NEWEST_SCHEMA), phptg, { recursive: true });
  const path = join(phptg, 'src', file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) throw new Error(`${from} is not in ${file}`);
  writeFileSync(path, source.replaceAll(from, to));
  return folder;
}

const VALUE = '\\Phptg\\BotApi\\ParseResult\\ValueProcessor';

const UNKNOWN: Record<string, [file: string, from: string, to: string, message: RegExp]> = {
  'another value processor': [
    'Type/Dice.php',
    `#[${VALUE}\\IntegerValue]`,
    '#[\\SensitiveParameter]',
    /Dice::\$value: its value processor SensitiveParameter/,
  ],
  'a property that is not of the JSON': [
    'Type/Dice.php',
    'public function __construct',
    'private int $more; public function __construct',
    /Dice::\$more: neither filled from the JSON nor null/,
  ],
  'a property that the constructor sets': [
    'Type/Update/Update.php',
    ') {}',
    ') { $this->raw = "x"; }',
    /Update\\Update: its serialize\(\) is not/,
  ],
  'a date that is made in another way': [
    'ParseResult/ValueProcessor/DateValue.php',
    'setTimestamp($value)',
    'setTimestamp($value + 1)',
    /its serialize\(\) is not/,
  ],
  'a factory that is asked in another way': [
    'ParseResult/ObjectFactory.php',
    'getConstructorParameters',
    'parametersOf',
    /its ObjectFactory: ReflectionException/,
  ],
};

for (const [name, [file, from, to, message]] of Object.entries(UNKNOWN)) {
  t.test(`facts are not guessed: ${name}`, t => {
    const folder = appWithChangedPhptg(t, file, from, to);
    const error = problem(t, inspect(folder, { want: 'schema', job: 'App\\Jobs\\None' }));
    t.equal(error.code, 'schema');
    t.match(error.message, message);
    t.end();
  });
}

t.test('versions are those that Composer installed', t => {
  const file = (folder: string): string => join(folder, 'vendor/composer/installed.json');
  const versions = (folder: string): unknown => {
    const { laravel, phptg, horizon } = inspect(folder, { want: 'config' }).document ?? {};
    return { laravel, phptg, horizon };
  };
  const installed = {
    'laravel/framework': 'v12.1.0',
    'phptg/bot-api': '0.21.1',
    'laravel/horizon': 'dev-main',
  };
  const folder = makeApp(t, {}, { installed });
  t.same(versions(folder), { laravel: '12.1.0', phptg: '0.21.1', horizon: 'dev-main' });
  writeFileSync(file(folder), '[{"name": "laravel/framework", "version": "v12.2.0"}]');
  t.same(versions(folder), { laravel: '12.2.0', phptg: null, horizon: null }, 'of Composer 1');
  rmSync(file(folder));
  t.match(versions(folder), { laravel: /^12\.\d+\.\d+$/, phptg: null }, 'as its autoloader has them');

  const loose = makeApp(t, {}, { phptg: laravelApp().phptg() });
  t.match(versions(loose), { phptg: 'unknown' }, 'of classes that Composer does not know');
  t.end();
});

t.test('what the app prints does not get into the document', t => {
  const noise = `<?php echo 'hello'; fwrite(STDERR, 'oops'); error_reporting(E_ALL); trigger_error('old', E_USER_DEPRECATED);
    ob_start(); echo 'kept back'; ${CREATE}`;
  const folder = makeApp(t, { bootstrap: { 'app.php': noise } });
  const { exitCode, document, stdout, stderr } = inspect(folder, { want: 'config' });
  t.equal(exitCode, 0);
  t.match(document, { config: { name: 'Laravel' } });
  t.match(stdout, 'hello');
  t.match(stderr, /oops.*old/s);
  t.end();
});

t.test("Composer's folder may have another name", t => {
  const autoload = `<?php return require '${laravelApp().folder}/vendor/autoload.php';`;
  const folder = makeApp(t, {
    'composer.json': '{"config": {"vendor-dir": "lib/php/"}}',
    vendor: {},
    lib: { php: { 'autoload.php': autoload } },
  });
  t.match(inspect(folder, { want: 'config' }).document, { config: { name: 'Laravel' } });
  t.end();
});

const APP_PROBLEMS: Record<string, { files: Files; want?: string; code: string; message: RegExp }> = {
  'no vendor folder': {
    files: { vendor: {} },
    code: 'no-app',
    message: /autoload\.php is missing: run composer install/,
  },
  'no bootstrap': { files: { bootstrap: {} }, code: 'no-laravel', message: /bootstrap\/app\.php/ },
  'a bootstrap that returns nothing': {
    files: { bootstrap: { 'app.php': '<?php' } },
    code: 'no-laravel',
    message: /returns the application/,
  },
  'no phptg': { files: {}, want: 'schema', code: 'no-phptg', message: /composer require phptg\/bot-api, or/ },
  'no job': {
    files: {},
    want: 'job,schema',
    code: 'no-job',
    message: /no class App\\Jobs\\ProcessTelegramUpdateJob/,
  },
  'a job that cannot be parsed': {
    files: { app: { Jobs: { 'ProcessTelegramUpdateJob.php': '<?php class {' } } },
    want: 'job',
    code: 'app',
    message: /^ParseError: syntax error, .*ProcessTelegramUpdateJob\.php:1\)$/,
  },
  'code that throws': {
    files: { bootstrap: { 'app.php': '<?php throw new LogicException("first\\nsecond");' } },
    code: 'app',
    message: /^LogicException: first \(.*bootstrap\/app\.php:1\)$/,
  },
  'code that ends PHP': {
    files: { bootstrap: { 'app.php': '<?php exit(0);' } },
    code: 'exit',
    message: /the app ended PHP/,
  },
  'a fatal error': {
    files: { bootstrap: { 'app.php': '<?php ini_set("memory_limit", "32M"); str_repeat("x", 1 << 30);' } },
    code: 'app',
    message: /Allowed memory size .*bootstrap\/app\.php:1\)$/,
  },
  'a configuration that throws': {
    files: { config: { 'own.php': '<?php return [Nope::class => Nope::X];' } },
    code: 'app',
    message: /Class "Nope" not found/,
  },
  'a .env that cannot be read': {
    files: { '.env': 'APP_NAME=two words' },
    code: 'exit',
    message: /the app ended PHP/,
  },
};

for (const [name, { files, want, code, message }] of Object.entries(APP_PROBLEMS)) {
  t.test(`a problem is told: ${name}`, t => {
    const error = problem(t, inspect(makeApp(t, files), { want: want ?? 'config' }));
    t.equal(error.code, code);
    t.match(error.message, message);
    t.end();
  });
}

t.test('a problem is told: no folder', t => {
  const error = problem(t, inspect('/nowhere', { want: 'config' }));
  t.match(error, { code: 'no-app', message: '/nowhere is not a folder' });
  t.end();
});

t.test('a problem is told: an old PHP', t => {
  const source = readFileSync(join(PACKAGE_ROOT, 'lib/app/inspect.php'), 'utf8');
  const folder = t.testdir({ 'inspect.php': source.replace('80200', '990000') });
  const error = problem(t, inspect(folder, { want: 'config', script: join(folder, 'inspect.php') }));
  t.match(error, { code: 'php-version', message: /^PHP 8\..* is too old/ });
  t.end();
});
