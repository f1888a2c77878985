import { StartError } from '../errors.js';
import { BUNDLED_SCHEMAS, readBundledSchema } from './bundled.js';
import type { Schema } from './facts.js';
import { readSchemaFile } from './read.js';

/**
 * The schema that a user names.
 *
 * @param name a bundled version, or the path of a file
 * @throws StartError when it is neither
 */
export function findSchema(name: string): Schema {
  if (BUNDLED_SCHEMAS.includes(name)) return readBundledSchema(name);
  if (name.includes('/') || name.endsWith('.json')) return readSchemaFile(name);
  throw new StartError(
    `there is no schema ${name}: give a bundled version (${BUNDLED_SCHEMAS.join(', ')}) or the path of a file`,
  );
}
