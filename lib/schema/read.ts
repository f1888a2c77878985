import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { SchemaError } from '../errors.js';
import { compileSerializer } from '../php/compile.js';
import { CLASS } from '../settings/values.js';
import type { JobFacts, Schema } from './facts.js';
import { SCHEMA_FORMAT } from './print.js';

/**
 * Reads a file that `tgook schema export` has written.
 *
 * @throws SchemaError naming the file and what is wrong with it
 */
export function readSchemaFile(path: string): Schema {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SchemaError(`the schema ${path} cannot be read (${code}): check the path and its rights`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SchemaError(`the schema ${path} is not JSON, or a part of it is missing: ${AGAIN}`);
  }
  return checkSchema(value, path);
}

const AGAIN = "make it again with 'tgook schema export'";

/**
 * Holds a schema against what an encoder can be made from.
 *
 * @param source where it is from, for the error
 */
export function checkSchema(value: unknown, source: string): Schema {
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > SCHEMA_FORMAT) {
    throw new SchemaError(
      `the schema ${source} is of format ${format}, and this tgook reads ${SCHEMA_FORMAT}: update tgook, or ${AGAIN}`,
    );
  }
  if (!isSchema(value))
    throw new SchemaError(`the schema ${source} is not one: ${why(isSchema.errors)}; ${AGAIN}`);
  try {
    requireOneUpdate(value.job);
    compileSerializer(value, 'UTC');
  } catch (error) {
    throw new SchemaError(`the schema ${source} cannot be used: ${(error as Error).message}; ${AGAIN}`);
  }
  return value;
}

/**
 * Holds what PHP says of a job class against what tgook can write.
 *
 * @param source where it is from, for the error
 */
export function checkJob(value: unknown, source: string): JobFacts {
  if (!isJob(value)) {
    throw new SchemaError(`the job class of ${source} cannot be served: ${why(isJob.errors)}`);
  }
  requireOneUpdate(value);
  return value;
}

function requireOneUpdate({ properties }: JobFacts): void {
  const updates = properties.filter(property => 'value' in property && property.value === 'update').length;
  const names = new Set(properties.map(({ name }) => name)).size;
  if (updates === 1 && names === properties.length) return;
  throw new SchemaError('its job must have the update in one property, and each property once');
}

function why(errors: readonly ErrorObject[] | null | undefined): string {
  const { instancePath = '', message = '' } = errors?.[0] ?? {};
  return `${instancePath === '' ? 'it' : instancePath} ${message}`;
}

/** Well-formed: half a surrogate pair would make a payload that no worker can read. */
const text = { type: 'string', minLength: 1, pattern: '^[^\\ud800-\\udfff]+$' } as const;
const object = (properties: object, required = Object.keys(properties)): object => ({
  type: 'object',
  properties,
  required,
});

/** What a job class can set in Laravel's payload, and is not a moment in time. */
const PAYLOAD_FIELDS = [
  'displayName',
  'maxTries',
  'maxExceptions',
  'failOnTimeout',
  'countCrashesAsExceptions',
  'backoff',
  'timeout',
  'deleteWhenMissingModels',
];

const JOB = object({
  class: { type: 'string', pattern: CLASS.source },
  format: { enum: ['object', 'json', 'legacy'] },
  payload: {
    type: 'object',
    // Horizon's hash has the name, whose length is counted in characters.
    properties: { displayName: { type: 'string', pattern: '^[\\x20-\\x7e]+$' } },
    propertyNames: { enum: PAYLOAD_FIELDS },
  },
  properties: {
    type: 'array',
    items: {
      ...object({ name: text }),
      oneOf: [object({ value: { enum: ['bot', 'update', 'time'] } }), object({ constant: text })],
    },
  },
});

const type = { $ref: '#/$defs/type' };
const PLAIN_KINDS = ['string', 'int', 'float', 'bool', 'true', 'date', 'until-date', 'null'];

const SCHEMA = {
  $defs: {
    type: {
      type: 'object',
      required: ['kind'],
      discriminator: { propertyName: 'kind' },
      oneOf: [
        object({ kind: { enum: PLAIN_KINDS } }),
        object({ kind: { const: 'object' }, class: text }),
        object({ kind: { const: 'list' }, of: type }),
        object({ kind: { enum: ['union', 'rich-text'] }, union: text }),
        object({ kind: { const: 'maybe-inaccessible-message' }, message: text, inaccessible: text }),
      ],
    },
  },
  ...object({
    format: { const: SCHEMA_FORMAT },
    package: text,
    version: text,
    root: text,
    job: JOB,
    unions: {
      type: 'object',
      additionalProperties: object({ key: text, map: { type: 'object', additionalProperties: text } }),
    },
    classes: {
      type: 'object',
      additionalProperties: {
        type: 'array',
        items: object({
          name: text,
          key: { type: ['string', 'null'] },
          optional: { type: 'boolean' },
          type,
        }),
      },
    },
  }),
};

const ajv = new Ajv({ strict: false, discriminator: true });
const isSchema = ajv.compile<Schema>(SCHEMA);
const isJob = ajv.compile<JobFacts>(JOB);
