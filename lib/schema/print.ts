import type { Schema } from './facts.js';

/** The format of the file; a reader refuses newer ones. */
export const SCHEMA_FORMAT = 1;

/** A schema as it stands in a file: JSON with a property a line, so that two files can be compared by eye. */
export function printSchema({ package: name, version, root, job, unions, classes }: Schema): string {
  const head = JSON.stringify({ format: SCHEMA_FORMAT, package: name, version, root }).slice(1, -1);
  const { class: jobClass, format, payload, properties } = job;
  return [
    `{\n${head},`,
    `"job":${JSON.stringify({ class: jobClass, format, payload }).slice(0, -1)},"properties":${list(properties)}},`,
    `"unions":{\n${members(unions, JSON.stringify)}\n},`,
    `"classes":{\n${members(classes, list)}\n}}\n`,
  ].join('\n');
}

function members<Value>(values: Readonly<Record<string, Value>>, print: (value: Value) => string): string {
  return Object.entries(values)
    .map(([name, value]) => `${JSON.stringify(name)}:${print(value)}`)
    .join(',\n');
}

function list(values: readonly unknown[]): string {
  return values.length === 0 ? '[]' : `[\n${values.map(value => JSON.stringify(value)).join(',\n')}\n]`;
}
