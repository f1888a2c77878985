import { readFileSync, statSync } from 'node:fs';
import { parse } from 'dotenv';
import { StartError } from '../errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvFile {
  readonly path: string;
  readonly values: Environment;
  /** Any user of the machine can read it. */
  readonly worldReadable: boolean;
}

/**
 * Reads a Laravel `.env` into an object of its own; process.env stays as it is, so that the file can be read
 * again over the same environment.
 *
 * @throws StartError when the file cannot be read
 */
export function readEnvFile(path: string, environment: Environment): EnvFile {
  let source: string;
  let mode: number;
  try {
    source = readFileSync(path, 'utf8');
    mode = statSync(path).mode;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`${path} cannot be read (${code}): let the user that runs tgook read it`);
  }
  return { path, values: expand(source, parse(source), environment), worldReadable: (mode & 0o004) !== 0 };
}

/**
 * Replaces `${NAME}` as Laravel does: by the environment or by a line further up, never between single
 * quotes, and only in this form; a bare `$` belongs to the value. What has no value stays as it stands.
 */
function expand(source: string, parsed: Record<string, string>, environment: Environment): Environment {
  const values: Record<string, string> = {};
  const lookUp = (whole: string, name: string): string => environment[name] ?? values[name] ?? whole;
  for (const [name, value] of Object.entries(parsed)) {
    const raw = rawValue(source, name);
    if (raw.startsWith("'")) values[name] = value;
    else if (raw.startsWith('"')) values[name] = unquote(raw, lookUp);
    else values[name] = value.replace(VARIABLE, lookUp);
  }
  return values;
}

const VARIABLE = /\$\{([A-Za-z0-9_.]+)\}/g;

/**
 * What stands behind the last `NAME=`. dotenv drops the quotes, and with them what decides here, and it knows
 * fewer escapes than Laravel.
 */
function rawValue(source: string, name: string): string {
  const lines = source.matchAll(new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*`, 'gm'));
  const last = [...lines].at(-1);
  return last === undefined ? '' : source.slice(last.index + last[0].length);
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' };

/** Reads up to the quote that ends the value; an escape hides its `$` and its quote. */
function unquote(raw: string, lookUp: (whole: string, name: string) => string): string {
  const inside = /^"((?:[^"\\]|\\.)*)/s.exec(raw)?.[1] ?? '';
  return inside.replace(/\\(.)|\$\{([A-Za-z0-9_.]+)\}/gs, (whole, character?: string, name?: string) => {
    if (name !== undefined) return lookUp(whole, name);
    return ESCAPED[character ?? ''] ?? character ?? whole;
  });
}
