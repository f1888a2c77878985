import { readFileSync, writeFileSync } from 'node:fs';
import { describeMachine } from '../../../bench/machine.js';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { markdown } from '../page.js';
import { plot } from './plot.js';
import { faultRows, growthRows, periods, totalRows } from './report.js';
import type { Soak } from './run.js';
import { growthRule } from './verdict.js';

const PAGE = `${PACKAGE_ROOT}docs/reliability.md`;
const PLOT = `${PACKAGE_ROOT}docs/soak.svg`;
const SECTION = /(<!-- soak -->\n).*(<!-- \/soak -->)/s;

/** Writes docs/soak.svg, and this run's section of docs/reliability.md between its markers. */
export async function writePage(soak: Soak, failures: readonly string[]): Promise<void> {
  writeFileSync(PLOT, plot(soak));
  const section = sectionOf(soak, failures, await describeMachine());
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(
    PAGE,
    page.replace(SECTION, (_all, begin: string, end: string) => `${begin}${section}\n${end}`),
  );
}

function sectionOf(soak: Soak, failures: readonly string[], machine: string): string {
  const { minutes, rate, seed } = soak.options;
  const growth = growthRows(soak);
  const verdict =
    failures.length > 0
      ? failures.map(failure => `**Wrong:** ${failure}`).join('  \n')
      : `Nothing was lost, nothing doubled${growth.length > 1 ? ', and memory and descriptors stayed flat' : ''}.`;
  return [
    minutes === 60 ? '## An hour under load' : `## ${minutes} minutes under load`,
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}.`,
    `\`npm run soak -- --minutes ${minutes} --rate ${rate} --seed ${seed} --write\`: a simulated Telegram with four bots and`,
    'updates of every kind, tgook with two workers, a Redis with `appendfsync always` and a consumer with the steps of a',
    'Laravel worker share the machine. One fault comes behind the other, with a quiet time between two.',
    '',
    verdict,
    '',
    '![What was measured over time](soak.svg)',
    '',
    markdown(totalRows(soak)),
    '',
    markdown(faultRows(soak)),
    '',
    'Median and most of what was measured every five seconds, faults included:',
    '',
    markdown(periods(soak)),
    '',
    ...(growth.length > 1
      ? [...growthRule(soak.options), '', markdown(growth)]
      : ['No process lived long enough for growth to be seen.']),
  ].join('\n');
}
