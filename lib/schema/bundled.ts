import { readdirSync, readFileSync } from 'node:fs';
import { PACKAGE_ROOT } from '../paths.js';
import type { Schema } from './facts.js';

const FOLDER = `${PACKAGE_ROOT}config/schema/`;

/** The phptg/bot-api versions whose schema comes with tgook, oldest first. */
export const BUNDLED_SCHEMAS: readonly string[] = readdirSync(FOLDER)
  .flatMap(name => /^phptg-(.+)\.json$/.exec(name)?.[1] ?? [])
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

export const NEWEST_SCHEMA = BUNDLED_SCHEMAS.at(-1) ?? '';

/** @param version one of `BUNDLED_SCHEMAS` */
export function readBundledSchema(version: string): Schema {
  return JSON.parse(readFileSync(`${FOLDER}phptg-${version}.json`, 'utf8')) as Schema;
}
