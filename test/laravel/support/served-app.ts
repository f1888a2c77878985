import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Files, makeApp } from './inspect.js';
import { laravelApp } from './laravel.js';

export interface ServedApp {
  /** phptg's version; the newest by default. */
  phptg?: string;
  /** Lines of its .env. */
  env: Record<string, string | number>;
  /** Source of App\Jobs\ProcessTelegramUpdateJob; by default that of the tests' app. */
  job?: string;
}

/** A Laravel app with a .env of its own, which a worker can run in and TGOOK_APP can name. */
export function makeServedApp(t: Test, { phptg, env, job }: ServedApp): string {
  const { folder } = laravelApp();
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const files: Files = {
    '.env': Object.entries(env)
      .map(([name, value]) => `${name}="${value}"\n`)
      .join(''),
    artisan: read('artisan'),
    app: {
      Jobs: {
        'WritesReceived.php': read('app/Jobs/WritesReceived.php'),
        'ProcessTelegramUpdateJob.php': job ?? read('app/Jobs/ProcessTelegramUpdateJob.php'),
      },
    },
    bootstrap: {
      'app.php': `<?php
require_once __DIR__.'/../vendor/autoload.php';

return Illuminate\\Foundation\\Application::configure(dirname(__DIR__))->withExceptions()->create();
`,
      cache: {},
    },
    config: Object.fromEntries(
      ['app', 'cache', 'logging', 'queue'].map(name => [`${name}.php`, read(`config/${name}.php`)]),
    ),
    storage: {},
  };
  return makeApp(t, files, {
    phptg: laravelApp().phptg(phptg),
    installed: { 'laravel/framework': frameworkVersion(folder), 'phptg/bot-api': phptg ?? '0.21.1' },
  });
}

function frameworkVersion(folder: string): string {
  const installed = JSON.parse(readFileSync(join(folder, 'vendor/composer/installed.json'), 'utf8')) as {
    packages: Array<{ name: string; version: string }>;
  };
  return installed.packages.find(({ name }) => name === 'laravel/framework')!.version;
}
