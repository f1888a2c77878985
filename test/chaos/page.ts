import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { startPrivateRedis } from '../../lib/demo/private-redis.js';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { rows, type Worst } from './report.js';

const PAGE = `${PACKAGE_ROOT}docs/reliability.md`;
const TABLE = /(<!-- chaos -->\n).*(<!-- \/chaos -->)/s;

/** Writes the table into docs/reliability.md, between its markers. */
export function writePage(worst: readonly Worst[], seeds: number, machine: string): void {
  const plays = worst.flatMap(({ outcomes }) => outcomes);
  const wrong = plays.flatMap(({ fault, seed, violations }) =>
    violations.map(({ problem }) => `**Wrong:** ${fault.what} (seed ${seed}): ${problem}  `),
  );
  const text = [
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}.`,
    `${plays.length} plays, each fault with ${seeds} seeds.`,
    '',
    ...wrong,
    markdown(rows(worst, ({ what }) => what)),
  ].join('\n');
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(
    PAGE,
    page.replace(TABLE, (_all, begin: string, end: string) => `${begin}${text}\n${end}`),
  );
}

/** What the figures were measured on, in one line. */
export async function describeMachine(): Promise<string> {
  const redis = await startPrivateRedis();
  const info = await redis.client.info('server');
  await redis.stop();
  const server = /valkey_version:\S+/.exec(info)?.[0] ?? /redis_version:\S+/.exec(info)?.[0];
  const { model = 'unknown CPU' } = cpus()[0] ?? {};
  const system = `${model.trim()}, ${cpus().length} CPUs, ${type()} ${release()}`;
  return `${system}, Node ${process.version}, ${server?.replace('_version:', ' ')}`;
}

/** A table; the first row is the heading. */
export function markdown([heading = [], ...body]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${heading.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`;
  return [line(heading), rule, ...body.map(line)].join('\n');
}
