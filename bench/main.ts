import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figures, runCase, startRedis } from './case.js';
import { describeMachine } from './machine.js';
import { spread, table } from './table.js';
import type { Letters } from './update.js';

/**
 * `npm run bench`: what an update costs in each job format. The formats take turns, each time with processes
 * of their own, so that a slow minute of the machine hits all of them.
 */

const HELP = `npm run bench -- [options]
  --seconds N       measure each case about so long (8)
  --rounds N        measure each format so often (3)
  --formats a,b     job formats (object,json,legacy)
  --connections N   connections of the simulated Telegram (64)
  --letters KIND    escaped, as Telegram writes letters beyond ASCII, or utf8 (escaped)
  --ack MODE        TGOOK_ACK: redis, aof (appendfsync everysec) or replicas:N, with so many replicas (redis)`;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    formats: { type: 'string', default: 'object,json,legacy' },
    connections: { type: 'string', default: '64' },
    letters: { type: 'string', default: 'escaped' },
    ack: { type: 'string', default: 'redis' },
    help: { type: 'boolean', default: false },
  },
});

/** The table's rows. */
const ROWS: ReadonlyArray<readonly [name: string, digits: number, value: (figures: Figures) => number]> = [
  ['requests per second', 0, figures => figures.requestsPerSecond],
  ['p50, ms', 2, figures => figures.p50],
  ['p99, ms', 2, figures => figures.p99],
  ['CPU of tgook, us per update', 1, figures => figures.tgookCpu],
  ['CPU of Redis, us per update', 1, figures => figures.redisCpu],
  ['CPU of both, us per update', 1, figures => figures.tgookCpu + figures.redisCpu],
  ['resident, MB per worker', 1, figures => figures.resident],
  ['  at most', 1, figures => figures.peak],
  ['updates per script call', 1, figures => figures.updatesPerCall],
  ['other programs, CPUs', 2, figures => figures.otherCpus],
  ['answered 2xx', 0, figures => figures.answered],
  ['not 2xx', 0, figures => figures.non2xx],
  ['broken connections', 0, figures => figures.errors],
];

// Whatever a case has started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

if (options.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const seconds = positive('seconds');
  const rounds = positive('rounds');
  const connections = positive('connections');
  const letters: Letters = options.letters === 'utf8' ? 'utf8' : 'escaped';
  const formats = options.formats.split(',');
  const { ack } = options;
  const machine = await describeMachine(() => startRedis(ack));
  console.log(`${machine}; load before ${loadavg()[0]?.toFixed(2)}`);
  console.log(
    `${connections} connections, ${rounds} rounds of ${seconds} s, letters ${letters}, TGOOK_ACK ${ack}\n`,
  );

  const results = new Map<string, Figures[]>(formats.map(format => [format, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const format of formats) {
      const figures = await runCase({ format, connections, letters, seconds, ack });
      results.get(format)!.push(figures);
      report(round, format, figures);
    }
  }

  const cells = ROWS.map(([name, digits, value]) => [
    name,
    ...formats.map(format => spread(results.get(format)!.map(value), digits)),
  ]);
  console.log(`\n${table([['median (min-max)', ...formats], ...cells])}`);
}

/** One line for a case; whatever was lost or doubled fails the run. */
function report(round: number, format: string, figures: Figures): void {
  const { answered, jobs, horizonJobs, non2xx, errors } = figures;
  const rate = `${figures.requestsPerSecond.toFixed(0).padStart(6)}/s`;
  const cost = `${figures.tgookCpu.toFixed(1)} + ${figures.redisCpu.toFixed(1)} us`;
  const others = `(other programs ${figures.otherCpus.toFixed(2)} CPUs)`;
  console.log(`round ${round}: ${format.padEnd(6)} ${rate}  ${cost} ${others}`);
  if (jobs === answered && horizonJobs === answered && non2xx === 0 && errors === 0) return;
  process.exitCode = 1;
  console.log(
    `  WRONG: ${answered} answered 2xx, ${jobs} jobs, ${horizonJobs} in Horizon, ${non2xx} not 2xx, ${errors} broken`,
  );
}

function positive(name: 'seconds' | 'rounds' | 'connections'): number {
  const value = Number(options[name]);
  if (!(value > 0)) throw new Error(`--${name} takes a positive number\n${HELP}`);
  return value;
}
