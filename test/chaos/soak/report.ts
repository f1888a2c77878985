import { table } from '../../../bench/table.js';
import type { ProcessSample } from './processes.js';
import type { Soak } from './run.js';
import type { Sample } from './sampler.js';
import { median, most } from './statistics.js';
import { growth } from './verdict.js';

/** At most so many columns. */
const COLUMNS = 6;

/** The rows of the table: of each sample one value, or none. */
const ROWS: ReadonlyArray<
  readonly [name: string, digits: number, value: (sample: Sample) => number | undefined]
> = [
  ['acknowledged per second', 0, ({ rate }) => rate],
  ['not 2xx per second', 1, ({ failures }) => failures],
  ['p50, ms', 1, ({ p50 }) => p50],
  ['p99, ms', 1, ({ p99 }) => p99],
  ['resident, MB: primary', 1, of('primary', ({ resident }) => resident)],
  ['resident, MB: largest worker', 1, of('worker', ({ resident }) => resident)],
  ['live heap, MB: primary', 1, of('primary', ({ live }) => live)],
  ['live heap, MB: largest worker', 1, of('worker', ({ live }) => live)],
  ['event loop late, ms: primary', 1, of('primary', ({ lateMax }) => lateMax)],
  ['event loop late, ms: worst worker', 1, of('worker', ({ lateMax }) => lateMax)],
  ['descriptors: primary', 0, of('primary', ({ descriptors }) => descriptors)],
  ['descriptors: worker', 0, of('worker', ({ descriptors }) => descriptors)],
  [
    "Telegram's connections",
    0,
    ({ processes }) => processes.reduce((sum, each) => sum + each.connections, 0),
  ],
  ['Redis memory, MB', 1, ({ redis }) => redis],
  ['jobs waiting', 0, ({ queue }) => queue],
  ['load average of the machine', 1, ({ load }) => load],
];

/** The largest of a role's processes. */
function of(role: ProcessSample['role'], value: (process: ProcessSample) => number | undefined) {
  return ({ processes }: Sample): number | undefined => {
    const largest = most(processes.filter(process => process.role === role).map(value));
    return Number.isNaN(largest) ? undefined : largest;
  };
}

/** Median and maximum of everything, a column for each ten minutes; of a short soak, for each sixth. */
export function periods({ options, samples, faults }: Soak): string[][] {
  const length = 60 * Math.max(10, options.minutes / COLUMNS);
  const seconds = Math.min(length, 60 * options.minutes);
  const begins = Array.from({ length: Math.ceil((60 * options.minutes) / seconds) }, (_, i) => i * seconds);
  const within = (at: number, begin: number): boolean => at >= begin && at < begin + seconds;
  const heading = begins.map(begin => `${begin / 60}–${(begin + seconds) / 60} min`);
  const rows = ROWS.map(([name, digits, value]) => [
    name,
    ...begins.map(begin => {
      const values = samples.filter(({ at }) => within(at, begin)).map(value);
      return `${number(median(values), digits)} / ${number(most(values), digits)}`;
    }),
  ]);
  const counts = begins.map(begin => String(faults.filter(fault => within(fault.begin, begin)).length));
  return [['median / most', ...heading], ...rows, ['faults', ...counts]];
}

/** Of each kind of fault how often it was, and its slowest end. */
export function faultRows({ faults }: Soak): string[][] {
  const names = [...new Set(faults.map(({ name }) => name))].sort();
  const rows = names.map(name => {
    const these = faults.filter(fault => fault.name === name);
    const seconds = most(these.map(({ begin, end }) => end - begin));
    return [
      name,
      String(these.length),
      number(seconds, 1),
      number(most(these.map(fault => fault.recovery)), 0),
    ];
  });
  return [['fault', 'times', 'longest, s', 'answered again after at most, ms'], ...rows];
}

/** First and last third of what has lived long. */
export function growthRows({ samples }: Soak): string[][] {
  const rows = growth(samples).map(({ role, what, first, last, life, flat }) => {
    const digits = what === 'descriptors' ? 0 : 1;
    const name = { resident: 'resident, MB', live: 'live heap, MB', descriptors: 'descriptors' }[what];
    const minutes = number(life / 60, 0);
    return [
      `${role}: ${name}`,
      minutes,
      number(first, digits),
      number(last, digits),
      flat ? 'flat' : 'GROWS',
    ];
  });
  return [['', 'minutes', 'first third', 'last third', ''], ...rows];
}

/** What became of all updates. */
export function totalRows({ totals, failures, starts }: Soak): string[][] {
  const { sent, acknowledged, jobs, quarantined, lost, doubled } = totals;
  const counts: Record<string, number> = { sent, acknowledged, jobs, quarantined };
  const failed = Object.entries(failures)
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${outcome}: ${number(count, 0)}`);
  return [
    ['updates', ''],
    ...Object.entries(counts).map(([name, count]) => [name, number(count, 0)]),
    ['expired before they were acknowledged', number(sent - acknowledged, 0)],
    ['lost', number(lost.length, 0)],
    ['doubled', number(doubled.length, 0)],
    ['sent again after', failed.join(', ') || 'nothing'],
    ['starts of the primary', number(starts, 0)],
  ];
}

/** Everything, for a terminal. */
export function printed(soak: Soak): string {
  const tables = [totalRows(soak), faultRows(soak), periods(soak), growthRows(soak)];
  return tables
    .filter(rows => rows.length > 1)
    .map(table)
    .join('\n\n');
}

function number(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
