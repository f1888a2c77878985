import type { App } from '../app/inspect.js';
import { SchemaError, SettingError } from '../errors.js';
import { BUNDLED_SCHEMAS, NEWEST_SCHEMA } from '../schema/bundled.js';
import type { ClassFacts, JobFacts, JobFormat, Schema } from '../schema/facts.js';
import { findSchema } from '../schema/find.js';
import { STANDARD_JOBS } from '../schema/job.js';

/** What jobs are made from. */
export interface JobSchema {
  readonly job: JobFacts;
  /** The typed update; undefined where the job takes the body as a string. */
  readonly classes: ClassFacts | undefined;
  /** Where both are from: `bundled`, `app`, or a file's path. */
  readonly source: string;
}

interface Given {
  readonly TGOOK_JOB_FORMAT: JobFormat;
  readonly TGOOK_JOB_CLASS: string | undefined;
  readonly TGOOK_SCHEMA: string | undefined;
}

/**
 * Chooses the schema: the one that TGOOK_SCHEMA names, else the app's, else the newest that comes with tgook.
 *
 * @throws SettingError where the settings and the job class exclude each other
 * @throws SchemaError
 */
export function chooseSchema(given: Given, app: App | undefined): JobSchema {
  const { TGOOK_JOB_FORMAT: format, TGOOK_JOB_CLASS: jobClass } = given;
  if (app?.job !== undefined && app.job.format !== format) throw wrongFormat(format, app.job);
  if (format !== 'object') {
    const job = app?.job ?? named(STANDARD_JOBS[format], jobClass);
    return { job, classes: undefined, source: app === undefined ? 'bundled' : 'app' };
  }
  const { schema, source } = typedSchema(given.TGOOK_SCHEMA, app);
  const isOwn = source !== 'bundled';
  if (isOwn && jobClass !== undefined && jobClass !== schema.job.class) {
    throw new SettingError(
      'TGOOK_JOB_CLASS',
      `is ${jobClass}, and the schema ${source} is of the job ${schema.job.class}: export it again with --job`,
      schema.job.class,
    );
  }
  return { job: app?.job ?? (isOwn ? schema.job : named(schema.job, jobClass)), classes: schema, source };
}

function typedSchema(name: string | undefined, app: App | undefined): { schema: Schema; source: string } {
  if (name === undefined && app?.schema) return { schema: app.schema, source: 'app' };
  const version = name ?? NEWEST_SCHEMA;
  try {
    return { schema: findSchema(version), source: BUNDLED_SCHEMAS.includes(version) ? 'bundled' : version };
  } catch (error) {
    throw new SchemaError(`TGOOK_SCHEMA: ${(error as Error).message}`);
  }
}

/** The standard job under another name. */
function named(job: JobFacts, jobClass: string | undefined): JobFacts {
  return jobClass === undefined ? job : { ...job, class: jobClass };
}

function wrongFormat(format: JobFormat, job: JobFacts): SettingError {
  const takes = job.format === 'object' ? 'a typed Update' : 'the update as a string';
  return new SettingError(
    'TGOOK_JOB_FORMAT',
    `is ${format}, and the constructor of ${job.class} takes ${takes}`,
    job.format,
  );
}
