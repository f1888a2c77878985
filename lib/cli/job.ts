import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import type { Command } from 'commander';
import { StartError } from '../errors.js';
import { PACKAGE_ROOT } from '../paths.js';

/** Holds `<format>/<framework>.php`: whole files, which PHP can check and run as they are. */
const FOLDER = `${PACKAGE_ROOT}lib/laravel/jobs`;

/** TGOOK_JOB_FORMAT. Where none is asked for, the first that the framework has a class of is taken. */
const FORMATS = ['object', 'json', 'legacy'];

interface JobClass {
  readonly format: string;
  readonly framework: string;
}

interface Options {
  readonly format?: string;
  readonly for: string;
}

/** `tgook job`: prints the PHP class of a job. */
export function configure(command: Command): void {
  const classes = jobClasses();
  const frameworks = [...new Set(classes.map(({ framework }) => framework))].sort();
  command
    .option('--format <format>', `TGOOK_JOB_FORMAT: ${FORMATS.join(', ')} (default: the first that there is)`)
    .option('--for <framework>', `what handles the updates: ${frameworks.join(', ')}`, 'plain')
    .addHelpText('after', '\nExample: tgook job --for nutgram > app/Jobs/ProcessTelegramUpdateJob.php')
    .action((options: Options) => {
      const { format, framework } = choose(classes, options);
      process.stdout.write(readFileSync(`${FOLDER}/${format}/${framework}.php`));
    });
}

function jobClasses(): JobClass[] {
  return FORMATS.flatMap(format =>
    readdirSync(`${FOLDER}/${format}`)
      .sort()
      .map(file => ({ format, framework: parse(file).name })),
  );
}

/** @throws StartError where there is no such class; it names all that there are */
function choose(classes: readonly JobClass[], options: Options): JobClass {
  const chosen = classes.find(
    ({ format, framework }) =>
      framework === options.for && (options.format === undefined || format === options.format),
  );
  if (chosen !== undefined) return chosen;
  const ofFormat = options.format === undefined ? '' : ` of the format ${options.format}`;
  const all = classes.map(({ format, framework }) => `${format} for ${framework}`).join(', ');
  throw new StartError(`there is no job class${ofFormat} for ${options.for}; there are: ${all}`);
}
