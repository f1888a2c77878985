import { spawnSync } from 'node:child_process';
import { AppError } from '../errors.js';
import { PACKAGE_ROOT } from '../paths.js';
import type { JobFacts, Schema } from '../schema/facts.js';
import { checkJob, checkSchema } from '../schema/read.js';

/** What PHP says of a Laravel app. Versions are null where a package is not installed. */
export interface App {
  readonly folder: string;
  readonly laravel: string | null;
  readonly phptg: string | null;
  readonly horizon: string | null;
  readonly config?: AppConfig;
  readonly job?: JobFacts;
  /** What the job says of its own dispatch; null where it leaves that open. */
  readonly dispatch?: { readonly queue: string | null; readonly connection: string | null };
  /** Null where the job takes text. */
  readonly schema?: Schema | null;
  /** What the user should know of how this came about. */
  readonly notes: readonly string[];
}

/** The app's configuration, as far as it says where jobs go and what is in them. */
export interface AppConfig {
  readonly name: string | null;
  readonly timezone: string | null;
  /** The queue connection that was looked at; null where the app has none on Redis. */
  readonly connection: string | null;
  readonly redis: AppRedis | null;
  /** The connection stands in database.redis.clusters. */
  readonly cluster: boolean;
  /** Options of phpredis; null where they are off. */
  readonly serializer: string | null;
  readonly compression: string | null;
  readonly horizonPrefix: string | null;
}

export interface AppRedis {
  readonly scheme: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: number | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly prefix: string;
}

export interface InspectOptions {
  /** The app's folder. */
  readonly folder: string;
  /** The PHP to run: a name in the PATH, or a path. */
  readonly php: string;
  readonly jobClass: string;
  /** The queue connection to look at; by default the app's own on Redis. */
  readonly connection?: string;
  /** Variables that PHP sees: of those that the app knows, they win over its .env. */
  readonly environment: NodeJS.ProcessEnv;
  /** `schema` fails without phptg/bot-api; with `job` it is left out where the job takes text. */
  readonly want: readonly ('config' | 'job' | 'schema')[];
}

/** Milliseconds that PHP is given. It takes a quarter of a second. */
const PATIENCE = 20_000;

/**
 * Runs PHP inside the app, with the app's own autoloader and configuration.
 *
 * @throws AppError in one line for the user
 */
export function inspectApp(options: InspectOptions): App {
  const { folder, php, jobClass, connection = '', environment, want } = options;
  const script = `${PACKAGE_ROOT}lib/app/inspect.php`;
  const args = ['-d', 'display_errors=stderr', script, folder, jobClass, connection, want.join()];
  const { error, output, status, signal, stderr } = spawnSync(php, args, {
    // What the app itself prints must not be taken for the answer.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: environment,
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw cannotRun(php, error);
  const answer = parse(output[3]?.toString() ?? '');
  if (answer === undefined) {
    throw new AppError(
      `PHP ended with ${signal ?? status} while it read ${folder}${lastLine(stderr)}; does 'php artisan about' run there?`,
    );
  }
  if ('error' in answer) {
    const { code, message } = answer.error;
    throw new AppError(
      code === 'exit' ? `${message}${lastLine(stderr)}; does 'php artisan about' run there?` : message,
    );
  }
  const { job, schema, notes = [] } = answer;
  return {
    ...answer,
    folder,
    notes,
    ...(job !== undefined && { job: checkJob(job, folder) }),
    ...(schema && { schema: checkSchema(schema, folder) }),
  };
}

type Answer =
  | (Omit<App, 'folder' | 'notes'> & { notes?: string[] })
  | { error: { code: string; message: string } };

function parse(text: string): Answer | undefined {
  try {
    const answer = JSON.parse(text) as Answer | null;
    return answer !== null && typeof answer === 'object' && ('error' in answer || 'laravel' in answer)
      ? answer
      : undefined;
  } catch {
    return undefined;
  }
}

/** Of a line of .env that it cannot read, phpdotenv quotes the value in brackets: it may be a secret. */
function lastLine(stderr: Buffer): string {
  const line = stderr
    .toString()
    .trim()
    .split('\n')
    .at(-1)
    ?.trim()
    .replace(/\[.*\]/, '[…]')
    .slice(0, 300);
  return line ? `: ${line}` : '';
}

function cannotRun(php: string, error: NodeJS.ErrnoException): AppError {
  switch (error.code) {
    case 'ENOENT':
      return new AppError(`there is no ${php}: install PHP 8.2 or newer, or name it with TGOOK_PHP or --php`);
    case 'EACCES':
      return new AppError(`${php} cannot be run: name a PHP program with TGOOK_PHP or --php`);
    case 'ETIMEDOUT':
      return new AppError(
        `PHP has not read the app within ${PATIENCE / 1000} s: does its configuration wait for something?`,
      );
    default:
      return new AppError(`${php} cannot be run (${error.code ?? error.message})`);
  }
}
