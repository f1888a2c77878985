import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type PrivateRedis, startPrivateRedis } from '../../../lib/demo/private-redis.js';
import { type Settings, startTgook, type Tgook, tgookOutput } from '../../support/tgook.js';
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

export async function redisFor(t: Test): Promise<PrivateRedis> {
  const redis = await startPrivateRedis();
  t.teardown(() => redis.stop());
  return redis;
}

export async function serve(t: Test, settings: Settings): Promise<Tgook> {
  const tgook = await startTgook({ SECRET_TOKEN: 'abc', ...settings });
  t.teardown(() => tgook.stop('SIGKILL'));
  return tgook;
}

/** A start, or another command, that must fail. Its one line. */
export async function refusal(t: Test, settings: Settings, args: readonly string[] = []): Promise<string> {
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
export const OWN_JOB = `<?php
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
