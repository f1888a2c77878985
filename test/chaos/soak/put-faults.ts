import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../lib/telegram/samples/random.js';
import { type Scene, SOAK_FAULTS } from './faults.js';
import type { Probe } from './probe.js';
import type { SoakOptions } from './run.js';
import { Schedule } from './schedule.js';

/** A fault as it happened. */
export interface PutFault {
  readonly name: string;
  /** Seconds since the load began. */
  readonly begin: number;
  readonly end: number;
  /** Milliseconds from its end to the next answer of 200. */
  readonly recovery: number;
}

/** Seconds without a fault between two of them. */
export function quietSeconds({ minutes }: Pick<SoakOptions, 'minutes'>): number {
  return Math.min(75, Math.max(4, minutes * 1.5));
}

/** Seconds for which a fault leaves traces: retries, and what has piled up. */
export function tracesSeconds(options: Pick<SoakOptions, 'minutes'>): number {
  return quietSeconds(options) / 3;
}

/** Knows whether the traces of the last fault are gone. */
export class Calm {
  #isFault = false;
  #since = Number.NEGATIVE_INFINITY;

  /** @param seconds for which a fault leaves traces */
  constructor(readonly seconds: number) {}

  get isQuiet(): boolean {
    return !this.#isFault && performance.now() - this.#since > 1000 * this.seconds;
  }

  set isFault(isFault: boolean) {
    this.#isFault = isFault;
    this.#since = performance.now();
  }
}

/** Puts faults until the time is up, and finds out how soon tgook is well again. */
export async function putFaults(
  scene: Scene,
  options: SoakOptions,
  clock: { now(): number },
  calm: Calm,
  probe: Probe,
  onFault: (fault: PutFault) => void,
): Promise<void> {
  // Dice of its own: what a fault throws depends on how long it lasts.
  const schedule = new Schedule(SOAK_FAULTS, new Random(options.seed));
  const total = 60 * options.minutes;
  const quiet = quietSeconds(options);
  for (;;) {
    // Also behind the last one it is quiet for a while.
    await sleep(1000 * Math.min(quiet, Math.max(total - clock.now(), 0)));
    if (clock.now() + quiet >= total) break;
    const fault = schedule.next(clock.now() / total);
    const begin = clock.now();
    calm.isFault = true;
    await fault.run(scene, schedule.seconds(fault, quiet / 2));
    const end = clock.now();
    const recovery = await probe.recovery();
    calm.isFault = false;
    onFault({ name: fault.name, begin, end, recovery });
  }
  await sleep(1000 * Math.max(total - clock.now(), 0));
}

/** One line for a terminal. */
export function describe({ name, begin, end, recovery }: PutFault): string {
  const minutes = String(Math.floor(begin / 60)).padStart(4);
  const seconds = String(Math.floor(begin % 60)).padStart(2, '0');
  return `${minutes}:${seconds}  ${name}, ${(end - begin).toFixed(1)} s; answered again after ${recovery.toFixed(0)} ms`;
}
