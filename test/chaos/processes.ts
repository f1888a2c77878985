import { readdirSync } from 'node:fs';
import { peakMemory } from '../../bench/proc.js';
import type { Tgook } from '../support/tgook.js';

/** Milliseconds between two looks. */
const INTERVAL = 100;

/** What the processes of tgook use, from Linux' /proc. */
export class Processes {
  /** Highest resident memory of one process, in megabytes (10^6). */
  peak = 0;
  /** Most descriptors of one process. */
  descriptors = 0;
  readonly #timer = setInterval(() => this.look(), INTERVAL);

  /** @param running those that run now, which may be others later */
  constructor(readonly running: () => Iterable<Tgook>) {}

  look(): void {
    for (const pid of this.#pids()) {
      this.peak = Math.max(
        this.peak,
        orNone(() => peakMemory([pid]), 0),
      );
      this.descriptors = Math.max(this.descriptors, countDescriptors(pid));
    }
  }

  /** Descriptors of all processes together. */
  descriptorsNow(): number {
    return this.#pids().reduce((sum, pid) => sum + countDescriptors(pid), 0);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #pids(): number[] {
    return [...this.running()].flatMap(tgook => {
      const { pid, exitCode, signalCode } = tgook.process;
      if (pid === undefined || exitCode !== null || signalCode !== null) return [];
      return [pid, ...orNone(() => tgook.workers(), [])];
    });
  }
}

function countDescriptors(pid: number): number {
  return orNone(() => readdirSync(`/proc/${pid}/fd`).length, 0);
}

/** A process may end under the look at it. */
function orNone<T>(look: () => T, none: T): T {
  try {
    return look();
  } catch {
    return none;
  }
}
