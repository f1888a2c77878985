import { parseArgs } from 'node:util';
import { BUNDLED_SCHEMAS, NEWEST_SCHEMA } from '../../../lib/schema/bundled.js';
import { laravelApp } from '../support/laravel.js';
import { fuzzBodies } from './bodies.js';
import { proveUpdates } from './differential.js';
import { anySeed, type Run } from './runs.js';

/**
 * `npm run fuzz`: the tests differential and body-fuzz, at length. Ends with exit code 1 at the first failure, after
 * it was made as small as it goes, and says how to see it again.
 */

const HELP = `npm run fuzz -- [options]
  --cases N        updates that are made from the class facts and held against PHP (1000000)
  --bodies N       damaged bodies that go through HTTP and Redis, in each job format (100000)
  --seed N         all cases follow from it (any)
  --only WHAT      updates, or bodies
  --format FORMAT  of the bodies' jobs: object, or json (both)
  --schema VERSION phptg's version (${NEWEST_SCHEMA})
  --path PATH      one case of a seed, as a failure names it
TGOOK_TEST_PHPTG_VERSIONS may name a folder with the real phptg in a folder of its version's name (0.21.1): then\nits bytes are compared, too.`;

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    bodies: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(anySeed()) },
    only: { type: 'string' },
    format: { type: 'string' },
    schema: { type: 'string', default: NEWEST_SCHEMA },
    path: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const FORMATS = ['object', 'json'] as const;

/** Milliseconds between two lines on how far it is. */
const PROGRESS = 10_000;

// What a run has started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

if (options.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const seed = whole('seed');
  const schema = oneOf('schema', BUNDLED_SCHEMAS);
  const only = options.only && oneOf('only', ['updates', 'bodies']);
  const formats = options.format === undefined ? FORMATS : [oneOf('format', FORMATS)];
  console.log(`phptg ${schema} of ${laravelApp().phptg(schema)}, --seed ${seed}`);
  if (only !== 'bodies') {
    await long('updates', whole('cases'), run => proveUpdates({ ...run, seed }, { schema }));
  }
  if (only === 'updates') return;
  for (const format of formats) {
    await long(`bodies, format ${format}`, whole('bodies'), run =>
      fuzzBodies({ ...run, seed }, { format, schema }),
    );
  }
}

function whole(option: 'cases' | 'bodies' | 'seed'): number {
  const number = Number(options[option]);
  return Number.isSafeInteger(number) && number >= 0 ? number : fail(option, 'a whole number');
}

function oneOf<Choice extends string>(
  option: 'schema' | 'only' | 'format',
  choices: readonly Choice[],
): Choice {
  return choices.find(choice => choice === options[option]) ?? fail(option, choices.join(' or '));
}

function fail(option: keyof typeof options, expected: string): never {
  console.error(`--${option} must be ${expected}, not '${options[option]}'`);
  process.exit(1);
}

/** Runs until the end or a failure, with a line now and then. */
async function long(
  what: string,
  cases: number,
  start: (run: Omit<Run, 'seed'>) => Promise<object>,
): Promise<void> {
  const began = performance.now();
  let done = 0;
  const report = (): void => {
    const seconds = (performance.now() - began) / 1000;
    console.log(`${what}: ${done} of ${cases}, ${Math.round(seconds)} s, ${Math.round(done / seconds)}/s`);
  };
  const timer = setInterval(report, PROGRESS);
  try {
    const found = await start({ cases, path: options.path, onCase: () => void done++ });
    report();
    console.log(`${what}: no failure`, found);
  } catch (error) {
    report();
    console.error(`${what}: ${(error as Error).message}`);
    process.exit(1);
  } finally {
    clearInterval(timer);
  }
}
