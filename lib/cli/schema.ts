import { existsSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { inspectApp } from '../app/inspect.js';
import { StartError } from '../errors.js';
import { BUNDLED_SCHEMAS, NEWEST_SCHEMA, readBundledSchema } from '../schema/bundled.js';
import { describeJob, describeProperty, describeSchema, shortName } from '../schema/describe.js';
import { schemaDifferences } from '../schema/diff.js';
import type { Schema } from '../schema/facts.js';
import { findSchema } from '../schema/find.js';
import { STANDARD_JOBS } from '../schema/job.js';
import { printSchema } from '../schema/print.js';
import { environmentOfApp } from '../settings/of-app.js';

/** `tgook schema`: what tgook knows of phptg's classes and the job class. */
export function configure(command: Command): void {
  const name = `a bundled version (${BUNDLED_SCHEMAS.join(', ')}), or the path of an exported file`;
  command
    .command('export')
    .description('Read the schema from an app, with its own PHP packages, for TGOOK_SCHEMA')
    .requiredOption('--app <folder>', "the Laravel app's folder")
    .option('--out <file>', 'write to this file (default: print it)')
    .option('--php <program>', 'the PHP, 8.2 or newer, to read it with', 'php')
    .option(
      '--job <class>',
      `the job class (default: ${STANDARD_JOBS.object.class}, also where there is none yet)`,
    )
    .action(exportSchema);
  command
    .command('show')
    .description('Show a schema, or one of its classes')
    .argument('[schema]', name, NEWEST_SCHEMA)
    .argument('[class]', 'a class of it, as Message')
    .action(show);
  command
    .command('diff')
    .description('Show what differs between two schemas')
    .argument('<before>', name)
    .argument('<after>', name)
    .action(diff);
  command.command('list').description('List the schemas that come with tgook').action(list);
}

interface ExportOptions {
  readonly app: string;
  readonly out?: string;
  readonly php: string;
  readonly job?: string;
}

function exportSchema({ app: folder, out, php, job }: ExportOptions): void {
  const jobClass = job ?? STANDARD_JOBS.object.class;
  const { schema, notes } = inspectApp({
    folder,
    php,
    jobClass,
    environment: environmentOfApp(folder, process.env),
    // A class that is asked for must be there.
    want: job === undefined ? ['schema'] : ['job', 'schema'],
  });
  if (!schema) {
    throw new StartError(
      `${jobClass} takes the update as a string, which needs no schema: set TGOOK_JOB_FORMAT to json or legacy`,
    );
  }
  if (out === undefined) process.stdout.write(printSchema(schema));
  else writeWhole(out, printSchema(schema));
  // stdout may be the file.
  const where = out === undefined ? '' : ` → ${out}`;
  for (const line of [...notes, `${describeSchema(schema)}; ${likeBundled(schema)}${where}`])
    console.error(line);
}

function likeBundled(schema: Schema): string {
  const same = BUNDLED_SCHEMAS.find(
    version => printSchema(readBundledSchema(version)) === printSchema(schema),
  );
  return same === undefined ? 'unlike all that come with tgook' : `the same as TGOOK_SCHEMA=${same}`;
}

/** A reader sees the old file or the new one, never a part. What is no file, a pipe for instance, is written to. */
function writeWhole(path: string, text: string): void {
  try {
    const target = existsSync(path) ? realpathSync(path) : path;
    const old = statSync(target, { throwIfNoEntry: false });
    if (old !== undefined && !old.isFile()) {
      writeFileSync(target, text);
      return;
    }
    const unfinished = `${target}.${process.pid}`;
    try {
      writeFileSync(unfinished, text, { mode: old?.mode ?? 0o644 });
      renameSync(unfinished, target);
    } finally {
      rmSync(unfinished, { force: true });
    }
  } catch (error) {
    throw new StartError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

function show(name: string, className: string | undefined): void {
  const schema = findSchema(name);
  if (className === undefined) {
    console.log(describeSchema(schema));
    console.log(`job: ${describeJob(schema.job)}`);
    console.log(`classes: ${Object.keys(schema.classes).map(shortName).sort().join(', ')}`);
    return;
  }
  const [found, properties] =
    Object.entries(schema.classes).find(([full]) => full === className || shortName(full) === className) ??
    [];
  if (found === undefined || properties === undefined) {
    throw new StartError(`the schema ${name} has no class ${className}: see 'tgook schema show ${name}'`);
  }
  console.log(found);
  for (const property of properties) console.log(`  ${describeProperty(property)}`);
}

function diff(before: string, after: string): void {
  const [old, now] = [findSchema(before), findSchema(after)];
  console.log(`${describeSchema(old)}\n${describeSchema(now)}`);
  const differences = schemaDifferences(old, now);
  if (differences.length === 0) console.log('no difference: both give the same jobs');
  for (const line of differences) console.log(`  ${line}`);
}

function list(): void {
  for (const version of BUNDLED_SCHEMAS) {
    const isDefault = version === NEWEST_SCHEMA ? ' (the default)' : '';
    console.log(`${version.padEnd(8)} ${describeSchema(readBundledSchema(version))}${isDefault}`);
  }
}
