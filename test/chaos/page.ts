import { readFileSync, writeFileSync } from 'node:fs';
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

/** A table; the first row is the heading. */
export function markdown([heading = [], ...body]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${heading.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`;
  return [line(heading), rule, ...body.map(line)].join('\n');
}
