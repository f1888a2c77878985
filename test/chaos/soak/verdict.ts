import type { ProcessSample } from './processes.js';
import { tracesSeconds } from './put-faults.js';
import type { Soak, SoakOptions } from './run.js';
import type { Sample } from './sampler.js';
import { median, most } from './statistics.js';

/** Every request is answered, and every fault over, within so many milliseconds. */
const ANSWERED_WITHIN = 3500;
const RECOVERED_WITHIN = 3000;

/** In a younger process the heap is still finding its size, in seconds. */
const WARM_UP = 300;
/** What lived shorter than this behind its warm-up says nothing of leaks. */
const LONG_LIFE = 900;
/** Growth that is no leak: V8 collects when it likes to, and keeps the pages. */
const GROWTH = 0.1;
const GROWTH_MEGABYTES = { resident: 5, live: 1 } as const;
const GROWTH_DESCRIPTORS = 2;

/** How a long-lived process was in the first and in the last third of its life, in quiet samples. */
export interface Growth {
  readonly role: ProcessSample['role'];
  readonly what: 'resident' | 'live' | 'descriptors';
  readonly first: number;
  readonly last: number;
  readonly flat: boolean;
  /** Seconds behind the warm-up. */
  readonly life: number;
}

/** The rule, for people. */
export function growthRule(options: Pick<SoakOptions, 'minutes'>): string[] {
  return [
    'Of the primary and of the workers the one is judged that was alive at the end and had lived longest, without its',
    `first ${WARM_UP / 60} minutes, in which V8's heap finds its size. The median in the last third of its life may be`,
    `above that of the first third by ${100 * GROWTH} % and ${GROWTH_MEGABYTES.resident} MB (the live heap: and ${GROWTH_MEGABYTES.live} MB), and by`,
    `${GROWTH_DESCRIPTORS} descriptors (Telegram's connections left out). Only quiet samples count: no fault for at least`,
    `${tracesSeconds(options).toFixed(0)} seconds. The live heap is what a full collection, made every two minutes, has left in use: it grows`,
    'with a leak before the resident memory does.',
  ];
}

/** The growth of what has lived long enough to be judged. */
export function growth(samples: readonly Sample[]): Growth[] {
  return (['primary', 'worker'] as const).flatMap(role => {
    const oldest = samples
      .at(-1)
      ?.processes.filter(process => process.role === role)
      .sort((a, b) => b.age - a.age)[0];
    const life = (oldest?.age ?? 0) - WARM_UP;
    if (oldest === undefined || life < LONG_LIFE) return [];
    const quiet = samples
      .filter(sample => sample.quiet)
      .flatMap(({ processes }) => processes.filter(({ pid, age }) => pid === oldest.pid && age >= WARM_UP));
    const third = (from: number, to: number): ProcessSample[] =>
      quiet.filter(({ age }) => age >= WARM_UP + from * life && age <= WARM_UP + to * life);
    const [begin, end] = [third(0, 1 / 3), third(2 / 3, 1)];
    return (['resident', 'live', 'descriptors'] as const).map(what => {
      const first = median(begin.map(process => process[what]));
      const last = median(end.map(process => process[what]));
      const limit =
        what === 'descriptors' ? first + GROWTH_DESCRIPTORS : first * (1 + GROWTH) + GROWTH_MEGABYTES[what];
      // What was not measured is not flat.
      return { role, what, first, last, flat: last <= limit, life };
    });
  });
}

/** Whatever is not as it must be, a line each. */
export function failuresOf({ totals, samples, faults, leftOvers }: Soak): string[] {
  const { lost, doubled, foreign, acknowledged, sent } = totals;
  const slowest = most(samples.map(sample => sample.slowest));
  const rules: ReadonlyArray<readonly [holds: boolean, problem: string]> = [
    [acknowledged > 0.9 * sent, `of ${sent} updates only ${acknowledged} were acknowledged`],
    [lost.length === 0, `${lost.length} were acknowledged and are gone: ${some(lost)}`],
    [doubled.length === 0, `${doubled.length} became a job twice: ${some(doubled)}`],
    [foreign === 0, `${foreign} jobs are for updates that were never sent`],
    [leftOvers.length === 0, `${leftOvers.join(', ')} are left`],
    [slowest <= ANSWERED_WITHIN, `a request was answered after ${slowest.toFixed(0)} ms`],
  ];
  return [
    ...rules.flatMap(([holds, problem]) => (holds ? [] : [problem])),
    ...faults
      .filter(({ recovery }) => !(recovery <= RECOVERED_WITHIN))
      .map(({ name, recovery }) => `${name}: answered 200 again only after ${recovery.toFixed(0)} ms`),
    ...growth(samples)
      .filter(({ flat }) => !flat)
      .map(
        ({ role, what, first, last }) =>
          `${role}: ${what} grew from ${first.toFixed(1)} to ${last.toFixed(1)}`,
      ),
  ];
}

function some(ids: readonly number[]): string {
  return ids.length > 10 ? `${ids.slice(0, 10).join(' ')} …` : ids.join(' ');
}
