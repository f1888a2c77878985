import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { plot } from './plot.js';
import { faultRows, growthRows, periods, totalRows } from './report.js';
import type { Soak } from './run.js';
import { GROWTH_RULE } from './verdict.js';

const PAGE = `${PACKAGE_ROOT}docs/reliability.md`;
const PLOT = `${PACKAGE_ROOT}docs/soak.svg`;
const SECTION = /<!-- soak -->\n.*?<!-- \/soak -->/s;

/** Writes docs/soak.svg, and the section of docs/reliability.md that this run is. */
export function writePage(soak: Soak, failures: readonly string[]): void {
  writeFileSync(PLOT, plot(soak));
  const section = `<!-- soak -->\n${sectionOf(soak, failures)}\n<!-- /soak -->`;
  const page = existsSync(PAGE)
    ? readFileSync(PAGE, 'utf8')
    : '# Reliability\n\n<!-- soak -->\n<!-- /soak -->\n';
  const whole = SECTION.test(page) ? page : `${page.trimEnd()}\n\n<!-- soak -->\n<!-- /soak -->\n`;
  writeFileSync(
    PAGE,
    whole.replace(SECTION, () => section),
  );
}

function sectionOf(soak: Soak, failures: readonly string[]): string {
  const { minutes, rate, seed } = soak.options;
  const { model = 'unknown CPU' } = cpus()[0] ?? {};
  const machine = `${model.trim()}, ${cpus().length} CPUs, ${type()} ${release()}, Node ${process.version}, ${soak.server}`;
  return [
    minutes === 60 ? '## An hour under load' : `## ${minutes} minutes under load`,
    `\`npm run soak -- --minutes ${minutes} --rate ${rate} --seed ${seed} --write\` wrote this section: a simulated`,
    `Telegram with four bots and updates of every kind, tgook with two workers, a Redis with \`appendfsync always\`,`,
    `and a consumer with Laravel's own steps, all on one machine (${machine}). A fault comes at random, then it is`,
    'quiet for a while.',
    '',
    failures.length === 0
      ? 'Nothing was lost, nothing doubled, and memory and descriptors stayed flat.'
      : failures.map(failure => `**Wrong:** ${failure}`).join('  \n'),
    '',
    '![What was measured, over time](soak.svg)',
    '',
    markdown(totalRows(soak)),
    '',
    markdown(faultRows(soak)),
    '',
    'Each cell is the median and the most of samples taken every five seconds, faults included:',
    '',
    markdown(periods(soak)),
    '',
    `Memory is compared where V8 has had time to find its heap's size. ${GROWTH_RULE}`,
    'The live heap is what a full collection leaves in use, so it grows with a leak before the resident memory does.',
    '',
    growthRows(soak).length > 1 ? markdown(growthRows(soak)) : 'No process lived long enough in this run.',
  ].join('\n');
}

function markdown(rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [heading = [], ...body] = rows;
  return [
    line(heading),
    `|${heading.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`,
    ...body.map(line),
  ].join('\n');
}
