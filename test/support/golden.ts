import { readFileSync } from 'node:fs';
import { PACKAGE_ROOT } from '../../lib/paths.js';

/** A line of test/golden/updates.jsonl: what PHP itself made of a body. */
export interface GoldenUpdate {
  readonly id: string;
  readonly bot: string;
  readonly tz: string;
  readonly body: string;
  /** serialize() of the job. */
  readonly expect: string;
}

/** A line of test/golden/invalid.jsonl: a body that needs a decision, and PHP's own. */
export interface GoldenInvalid {
  readonly id: string;
  readonly area: 'json' | 'update_id' | 'schema';
  readonly tags?: readonly string[];
  readonly bot: string;
  readonly tz: string;
  readonly body?: string;
  readonly body64?: string;
  readonly phptg: 'accepts' | 'rejects';
  readonly expect?: string;
}

export function readGolden<Line>(file: string): Line[] {
  const lines = readFileSync(`${PACKAGE_ROOT}test/golden/${file}`, 'utf8').split('\n');
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as Line);
}

/** The payload of a job on the list. */
export interface Payload {
  readonly uuid: string;
  readonly id: string;
  readonly data: { readonly commandName: string; readonly command: string };
  readonly [field: string]: unknown;
}
