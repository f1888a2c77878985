import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { NEWEST_SCHEMA } from '../../../lib/schema/bundled.js';

const FOLDER = join(PACKAGE_ROOT, 'test/laravel');

/** A folder with the real laravel/horizon. Tests that need it skip where it is unset. */
export const HORIZON = process.env.TGOOK_TEST_HORIZON || undefined;

/**
 * The vendor folder of a Composer project with laravel/framework and a bot framework:
 * `<TGOOK_TEST_FRAMEWORKS>/<its name in tgook job --for>/vendor`. Tests that need it skip where it is not there.
 * Telegraph's need pdo_sqlite too.
 */
export function vendorOf(framework: string): string | undefined {
  const vendor = join(process.env.TGOOK_TEST_FRAMEWORKS ?? '', framework, 'vendor');
  return process.env.TGOOK_TEST_FRAMEWORKS && existsSync(vendor) ? vendor : undefined;
}

/** What a job's handle() found. */
export interface Received {
  bot: string;
  /** `Phptg\BotApi\Type\Update\Update`, or `string` in the formats json and legacy. */
  type: string;
  attempts: number;
  id: string;
  uuid: string;
  /** Every public property, an object's short class name as `@`; the text, where `type` is string. */
  update: unknown;
  /** serialize() of the update, in base64. */
  serialized: string;
  /** Of the format legacy. */
  timestamp?: number;
}

export interface WorkerOptions {
  /** An app that has all settings in its own .env; by default the tests' app, which takes them from here. */
  folder?: string;
  redisPort?: number;
  /** REDIS_PREFIX; by default Laravel's own, made of APP_NAME. */
  prefix?: string;
  queue?: string;
  /** More of the app's environment, as REDIS_PASSWORD, REDIS_DB, APP_TIMEZONE, TGOOK_TEST_FORMAT=json. */
  env?: Record<string, string>;
  /** The file that jobs append to, and that is read when the worker has ended; by default a new one. */
  received?: string;
  /** phptg's version; by default the newest. The real one, where TGOOK_TEST_PHPTG_VERSIONS names a folder with one of that name. */
  schema?: string;
  /** Work with Horizon's own worker, whose folder is in TGOOK_TEST_HORIZON. */
  horizon?: boolean;
}

export interface Worked {
  /** 0 also when jobs failed or Redis was not there: the reasons are in `output`. */
  exitCode: number | null;
  output: string;
  received: Received[];
}

/** What PHP made of the bytes of a job. */
export interface Alive {
  /** unserialize() took the bytes whole, making known classes only, and serialize() gave them back. */
  ok: boolean;
  classes?: string[];
  /** sha1 of what serialize() gave. */
  reserialized?: string;
  error?: string;
}

export interface LaravelApp {
  folder: string;
  /** For this process alone; gone when it ends. */
  scratch: string;
  /** The folder whose src/ is Phptg\BotApi, for TGOOK_TEST_PHPTG. */
  phptg(version?: string): string;
  /** The same, generated also where the real one is there. */
  generatedPhptg(version: string): string;
}

let app: LaravelApp | undefined;
let files = 0;

/** The installed application. Throws where bin/setup has not run. */
export function laravelApp(): LaravelApp {
  app ??= prepareApp();
  return app;
}

function prepareApp(): LaravelApp {
  const folder = join(FOLDER, 'app');
  if (!existsSync(join(folder, 'vendor/autoload.php'))) {
    throw new Error(
      `The Laravel application of the tests is not installed (no ${folder}/vendor): run bin/setup`,
    );
  }
  const scratch = mkdtempSync(join(tmpdir(), 'tgook-laravel-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  return {
    folder,
    scratch,
    phptg: (version = NEWEST_SCHEMA) => realPhptg(version) ?? generatedPhptg(scratch, version),
    generatedPhptg: version => generatedPhptg(scratch, version),
  };
}

function realPhptg(version: string): string | undefined {
  const folder = join(process.env.TGOOK_TEST_PHPTG_VERSIONS ?? '', version);
  return process.env.TGOOK_TEST_PHPTG_VERSIONS && existsSync(folder) ? folder : undefined;
}

function generatedPhptg(scratch: string, version: string): string {
  const folder = join(scratch, `phptg-${version}`);
  if (!existsSync(folder)) {
    const facts = join(PACKAGE_ROOT, `config/schema/phptg-${version}.json`);
    execFileSync('php', [join(FOLDER, 'generate-classes.php'), facts, join(folder, 'src')]);
  }
  return folder;
}

/** Runs a queue worker until the queue is empty. */
export function work(options: WorkerOptions): Promise<Worked> {
  return runWorker(options, '--stop-when-empty');
}

/** Runs a queue worker for one job. */
export async function popOne(
  options: Omit<WorkerOptions, 'received'>,
): Promise<{ exitCode: number | null; output: string; job: Received | undefined }> {
  const { exitCode, output, received } = await runWorker(options, '--once');
  return { exitCode, output, job: received[0] };
}

async function runWorker(options: WorkerOptions, until: string): Promise<Worked> {
  const received = options.received ?? join(laravelApp().scratch, `received-${++files}.jsonl`);
  const queue = options.queue ?? 'telegram_updates';
  const command = options.horizon ? 'horizon:work' : 'queue:work';
  const worker = artisan([command, 'redis', `--queue=${queue}`, until, '--sleep=0', '--tries=1'], {
    ...options,
    received,
  });
  const { exitCode, output } = await finished(worker);
  return { exitCode, output, received: readReceived(received) };
}

/** Starts a Horizon master, which works the queue until it is stopped. */
export function startHorizon(options: Omit<WorkerOptions, 'horizon'> & { received: string }): {
  stop(): Promise<Worked>;
} {
  const master = artisan(['horizon'], { ...options, horizon: true });
  const ended = finished(master);
  const terminate = (): unknown => master.kill('SIGTERM');
  process.once('exit', terminate);
  return {
    async stop() {
      terminate();
      const { exitCode, output } = await ended;
      process.off('exit', terminate);
      return { exitCode, output, received: readReceived(options.received) };
    },
  };
}

/** Reads jobs with unserialize() and writes them again with serialize(). */
export async function readInPhp(
  commands: readonly Buffer[],
  options: { schema?: string; env?: Record<string, string> } = {},
): Promise<Alive[]> {
  const php = spawn('php', [join(FOLDER, 'pop.php')], {
    env: { ...baseEnv(), TGOOK_TEST_PHPTG: laravelApp().phptg(options.schema), ...options.env },
  });
  php.stdin.on('error', () => {}); // php has gone; its exit code and output say why
  php.stdin.end(
    commands.map(command => `${JSON.stringify({ command: command.toString('base64') })}\n`).join(''),
  );
  const { exitCode, output } = await finished(php);
  if (exitCode !== 0) throw new Error(`pop.php: exit code ${exitCode}\n${output}`);
  return parseLines<Alive>(output);
}

function artisan(args: string[], options: WorkerOptions & { received: string }): ChildProcess {
  const { folder, scratch, phptg } = laravelApp();
  if (options.horizon && HORIZON === undefined) throw new Error('TGOOK_TEST_HORIZON is not set');
  return spawn('php', ['artisan', ...args, '--no-ansi'], {
    cwd: options.folder ?? folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...baseEnv(),
      ...(options.redisPort !== undefined && { REDIS_PORT: String(options.redisPort) }),
      ...(options.prefix !== undefined && { REDIS_PREFIX: options.prefix }),
      ...(options.queue !== undefined && { TELEGRAM_UPDATES_QUEUE_NAME: options.queue }),
      ...(options.horizon && { TGOOK_TEST_HORIZON: HORIZON }),
      TGOOK_TEST_PHPTG: phptg(options.schema),
      TGOOK_TEST_RECEIVED: options.received,
      TGOOK_TEST_SCRATCH: scratch,
      ...options.env,
    },
  });
}

/** Nothing else of this process's environment: a REDIS_URL in it would lead the worker astray. */
export function baseEnv(): Record<string, string | undefined> {
  return { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR };
}

async function finished(child: ChildProcess): Promise<{ exitCode: number | null; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output };
}

function readReceived(file: string): Received[] {
  return existsSync(file) ? parseLines<Received>(readFileSync(file, 'utf8')) : [];
}

function parseLines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T);
}
