import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Test } from 'tap';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { HORIZON, laravelApp } from './laravel.js';

/** A text for a file, a folder of more, or null for a file that the app shall not have. */
export interface Files {
  [name: string]: string | Files | null;
}

export interface AppOptions {
  /** Where phptg is; by default the app has none. */
  phptg?: string;
  horizon?: boolean;
  /** What Composer says is installed, by package. */
  installed?: Record<string, string>;
}

const BOOTSTRAP = `<?php
return Illuminate\\Foundation\\Application::configure(dirname(__DIR__))->create();
`;

/** A Laravel app of its own, with the framework of the tests' app. */
export function makeApp(t: Test, files: Files, options: AppOptions = {}): string {
  const folders = {
    'Phptg\\\\BotApi\\\\': options.phptg,
    'Laravel\\\\Horizon\\\\': options.horizon ? HORIZON : undefined,
  };
  const packages = Object.entries(options.installed ?? {}).map(([name, version]) => ({ name, version }));
  const app: Files = {
    bootstrap: { 'app.php': BOOTSTRAP },
    vendor: {
      'autoload.php': `<?php
$loader = require '${laravelApp().folder}/vendor/autoload.php';
$loader->setPsr4('App\\\\', dirname(__DIR__).'/app');
${Object.entries(folders)
  .map(([space, folder]) => (folder ? `$loader->addPsr4('${space}', '${folder}/src');` : ''))
  .join('\n')}
`,
      composer: { 'installed.json': JSON.stringify({ packages }) },
    },
  };
  return t.testdir(present({ ...app, ...files }));
}

/** Without the files that shall not be there. */
function present(files: Files): Record<string, string | Record<string, never>> {
  const entries = Object.entries(files).filter(([, content]) => content !== null);
  return Object.fromEntries(
    entries.map(([name, content]) => [name, typeof content === 'string' ? content : present(content!)]),
  ) as Record<string, string | Record<string, never>>;
}

export interface Inspected {
  exitCode: number | null;
  /** What came on file descriptor 3, read as JSON; undefined where nothing came. */
  document: Record<string, unknown> | undefined;
  stdout: string;
  stderr: string;
}

export interface Inspection {
  want: string;
  job?: string;
  connection?: string;
  env?: Record<string, string>;
  /** Another copy of inspect.php. */
  script?: string;
}

/** Runs inspect.php as tgook does. */
export function inspect(folder: string, { want, job, connection, env, script }: Inspection): Inspected {
  const { status, output } = spawnSync(
    'php',
    [
      '-d',
      'display_errors=stderr',
      script ?? join(PACKAGE_ROOT, 'lib/app/inspect.php'),
      folder,
      job ?? 'App\\Jobs\\ProcessTelegramUpdateJob',
      connection ?? '',
      want,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...env },
    },
  );
  const [, stdout, stderr, text] = output;
  return {
    exitCode: status,
    document: text ? (JSON.parse(text) as Record<string, unknown>) : undefined,
    stdout: stdout ?? '',
    stderr: stderr ?? '',
  };
}

/** The error of an inspection that must have failed. */
export function problem(
  t: Test,
  { exitCode, document, stderr }: Inspected,
): { code: string; message: string } {
  t.equal(exitCode, 1, stderr);
  t.same(Object.keys(document ?? {}), ['error'], 'an error, and nothing else');
  const error = document?.error as { code: string; message: string };
  t.notMatch(error.message, '\n');
  return error;
}
