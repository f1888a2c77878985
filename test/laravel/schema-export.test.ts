import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { BUNDLED_SCHEMAS } from '../../lib/schema/bundled.js';
import { post, textUpdate, tgookOutput } from '../support/tgook.js';
import { makeApp } from './support/inspect.js';
import { work } from './support/laravel.js';
import { makeServedApp, OWN_JOB, redisFor, refusal, serve } from './support/served-app.js';

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
  t.match(
    await refusal(t, {}, [...args('php'), '--job', 'App\\Jobs\\Gone']),
    /the app has no class App\\Jobs\\Gone/,
  );
  t.match(await refusal(t, {}, args(php('kill -9 $$'))), /PHP ended with SIGKILL while it read/);
  t.match(
    await refusal(t, {}, args(php('echo "Segmentation fault" >&2; exit 139'))),
    /PHP ended with 139 .*Segmentation fault/,
  );
  t.match(await refusal(t, {}, args(php('printf "{\\"schema\\":" >&3'))), /PHP ended with 0/);
});
