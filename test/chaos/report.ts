import type { Fault } from './fault.js';
import { describeFailures, type Outcome } from './play.js';

/** How a fault went at its worst over several seeds. */
export interface Worst {
  readonly fault: Fault;
  readonly outcomes: readonly Outcome[];
}

type Column = readonly [heading: string, cell: (outcomes: readonly Outcome[]) => string];

const COLUMNS: readonly Column[] = [
  ['updates', outcomes => String(sum(outcomes, ({ sent }) => sent))],
  ['jobs', outcomes => String(sum(outcomes, ({ jobs }) => jobs))],
  ['quarantined', outcomes => String(sum(outcomes, ({ quarantined }) => quarantined))],
  ['came twice', outcomes => String(sum(outcomes, ({ repeated }) => repeated))],
  ['lost', outcomes => String(sum(outcomes, ({ lost }) => lost))],
  ['doubled', outcomes => String(sum(outcomes, ({ doubled }) => doubled))],
  ['not 200', outcomes => failuresOf(outcomes)],
  ['longest request, s', outcomes => seconds(most(outcomes, ({ longest }) => longest))],
  ['200 again, s', outcomes => seconds(most(outcomes, ({ recovery }) => recovery))],
  ['memory, MB', outcomes => most(outcomes, ({ memory }) => memory).toFixed(0)],
  ['descriptors', outcomes => String(most(outcomes, ({ descriptors }) => descriptors))],
  ['what holds', outcomes => whatHolds(outcomes)],
];

/** A row for each fault, with what all its plays sent together and the worst of each figure; the heading first. */
export function rows(worst: readonly Worst[], name: (fault: Fault) => string): string[][] {
  return [
    ['fault', ...COLUMNS.map(([heading]) => heading)],
    ...worst.map(({ fault, outcomes }) => [name(fault), ...COLUMNS.map(([, cell]) => cell(outcomes))]),
  ];
}

/** One line for a play that has ended, and one for each violation. */
export function describe({ fault, seed, seconds: took, figures, violations }: Outcome): string {
  const { sent, jobs, quarantined, lost, doubled, failures, longest, recovery, memory, descriptors } =
    figures;
  const line = [
    `${fault.name.padEnd(22)} seed ${seed} ${took.toFixed(0).padStart(3)} s`,
    `${sent} updates, ${jobs} jobs, ${quarantined} quarantined, ${lost} lost, ${doubled} doubled`,
    `not 200: ${describeFailures(failures)}`,
    `longest ${seconds(longest)} s, 200 again after ${seconds(recovery)} s`,
    `${memory.toFixed(0)} MB, ${descriptors} descriptors`,
    violations.length === 0 ? `${promised(fault)} hold` : 'WRONG',
  ].join('; ');
  return [line, ...violations.map(({ invariant, problem }) => `  ${invariant ?? 'fault'}: ${problem}`)].join(
    '\n',
  );
}

/** What must hold under a fault; two of them take more away than TGOOK_ACK=redis and a memory in Redis can promise. */
export function promised({ except = [] }: Fault): string {
  return except.length === 0 ? 'I1-I6' : `all but ${except.join(', ')}`;
}

function whatHolds(outcomes: readonly Outcome[]): string {
  const isWrong = outcomes.some(({ violations }) => violations.length > 0);
  return isWrong ? 'WRONG' : promised(outcomes[0]!.fault);
}

type Get = (figures: Outcome['figures']) => number;

function sum(outcomes: readonly Outcome[], get: Get): number {
  return outcomes.reduce((total, { figures }) => total + get(figures), 0);
}

function most(outcomes: readonly Outcome[], get: Get): number {
  return Math.max(...outcomes.map(({ figures }) => get(figures)));
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}

/** Of all plays together. */
function failuresOf(outcomes: readonly Outcome[]): string {
  const all: Record<string, number> = {};
  for (const { figures } of outcomes) {
    for (const [outcome, count] of Object.entries(figures.failures))
      all[outcome] = (all[outcome] ?? 0) + count;
  }
  return describeFailures(all);
}
