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
  for (const [name, value] of Object.entries(parsed)) {
    values[name] = isSingleQuoted(source, name)
      ? value
      : value.replace(
          /\$\{([A-Za-z0-9_.]+)\}/g,
          (whole, other: string) => environment[other] ?? values[other] ?? whole,
        );
  }
  return values;
}

/** dotenv drops the quotes, and with them the difference that decides here. The last line of a name counts. */
function isSingleQuoted(source: string, name: string): boolean {
  const lines = source.matchAll(new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*(.?)`, 'gm'));
  return [...lines].at(-1)?.[1] === "'";
}
