import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Interrupted, Stage, untilSignal } from '../../../lib/demo/stage.js';
import { writePage } from './page.js';
import { printed } from './report.js';
import { type SoakOptions, soak } from './run.js';
import { failuresOf } from './verdict.js';

/** `npm run soak`: constant load with random faults, and what became of tgook and of every update. */

const HELP = `npm run soak -- [options]
  --minutes N  for so long (60)
  --rate R     updates per second (200)
  --seed S     the same seed makes the same updates and faults (1)
  --json FILE  keep all that was measured
  --write      write docs/soak.svg and the section of docs/reliability.md`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await main({ minutes: positive('minutes'), rate: positive('rate'), seed: positive('seed') });

async function main(options: SoakOptions): Promise<void> {
  const stage = new Stage();
  const interrupted = untilSignal();
  try {
    const result = await Promise.race([soak(options, stage, line => console.log(line)), interrupted]);
    await stage.clear();
    const failures = failuresOf(result);
    console.log(`\n${printed(result)}`);
    for (const failure of failures) console.log(`WRONG: ${failure}`);
    if (failures.length > 0) {
      for (const complaint of result.complaints) console.log(JSON.stringify(complaint));
      process.exitCode = 1;
    }
    if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(result));
    if (values.write) await writePage(result, failures);
  } catch (error) {
    await stage.clear();
    if (error instanceof Interrupted) process.exit(error.exitCode);
    throw error;
  }
}

function positive(name: 'minutes' | 'rate' | 'seed'): number {
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} takes a positive number\n${HELP}`);
  return value;
}
