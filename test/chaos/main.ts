import { parseArgs } from 'node:util';
import { describeMachine } from '../../bench/machine.js';
import { table } from '../../bench/table.js';
import { INVARIANTS } from './fault.js';
import { FAULTS } from './faults/index.js';
import { writePage } from './page.js';
import { type Outcome, playFault } from './play.js';
import { describe, rows, type Worst } from './report.js';

/**
 * `npm run chaos`: plays every fault with three seeds, each on fresh processes, and writes what was measured into
 * docs/reliability.md. Ends with exit code 1 when anything did not hold.
 */

const HELP = `npm run chaos -- [options]
  --seeds N     plays of each fault (3)
  --seed N      the first of them; updates, times and victims follow from it (1)
  --only a,b    faults whose names begin so
  --short       less load, seconds where a fault takes longer; as npm test plays them
  --list        names the faults
Only a run of all faults with three seeds or more writes docs/reliability.md.`;

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

// Whatever a play has started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

if (options.help) console.log(HELP);
else if (options.list) for (const { name, what } of FAULTS) console.log(`${name.padEnd(24)} ${what}`);
else await main();

async function main(): Promise<void> {
  const seeds = positive('seeds');
  const firstSeed = positive('seed');
  const { short, only } = options;
  const names = only?.split(',');
  const faults = FAULTS.filter(({ name }) => names?.some(begin => name.startsWith(begin)) ?? true);
  if (faults.length === 0) throw new Error(`no fault is named ${only}: --list shows their names`);
  const machine = await describeMachine();
  console.log(
    `${machine}\n${Object.entries(INVARIANTS)
      .map(line => line.join(' '))
      .join('\n')}\n`,
  );

  const worst: Worst[] = [];
  let wrong = 0;
  for (const fault of faults) {
    const missing = fault.missing?.();
    if (missing !== undefined) {
      console.log(`${fault.name.padEnd(22)} left out: it needs ${missing}`);
      continue;
    }
    const outcomes: Outcome[] = [];
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const outcome = await playFault(fault, { seed, short });
      console.log(describe(outcome));
      if (outcome.violations.length > 0) wrong++;
      outcomes.push(outcome);
    }
    worst.push({ fault, outcomes });
  }

  console.log(`\n${table(rows(worst, ({ name }) => name))}\n`);
  if (wrong > 0) process.exitCode = 1;
  console.log(
    wrong === 0 ? 'what is promised holds in all of them' : `${wrong} plays were not as they must be`,
  );
  if (names === undefined && !short && seeds >= 3) writePage(worst, seeds, machine);
}

function positive(name: 'seeds' | 'seed'): number {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a positive number\n${HELP}`);
  return value;
}
