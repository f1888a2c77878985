import { appendFileSync } from 'node:fs';
import {
  constants,
  monitorEventLoopDelay,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
  PerformanceObserver,
} from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs inside each process of tgook, through NODE_OPTIONS, and writes down what only the inside knows: how late
 * its event loop is, and how much of its heap a full collection has left.
 */

/** What a process says of itself, a line of JSON each second. */
export interface Inside {
  readonly pid: number;
  /** Milliseconds that a timer was late in the last second. */
  readonly lateP99: number;
  readonly lateMax: number;
  /** Bytes that were in use behind the last full collection; 0 before the first. */
  readonly live: number;
}

/** The name of the file, which is the harness' own. */
export const INSIDE_FILE = 'SOAK_INSIDE';

const INTERVAL = 1000;
/** A process with little garbage would collect all of it once an hour, and say nothing new of its heap until then. */
const COLLECT_INTERVAL = 120_000;
const RESOLUTION = 10;

function watch(file: string): void {
  // It measures from one of its ticks to the next: what is beyond the resolution is delay.
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const late = (nanoseconds: number): number =>
    delay.count === 0 ? 0 : Math.max(0, nanoseconds / 1e6 - RESOLUTION);
  let live = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail;
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) live = process.memoryUsage().heapUsed;
    }
  }).observe({ entryTypes: ['gc'] });
  setInterval(() => {
    const said: Inside = {
      pid: process.pid,
      lateP99: late(delay.percentile(99)),
      lateMax: late(delay.max),
      live,
    };
    delay.reset();
    appendFileSync(file, `${JSON.stringify(said)}\n`);
  }, INTERVAL).unref();
}

function collectRegularly(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setInterval(collect, COLLECT_INTERVAL).unref();
}

const file = process.env[INSIDE_FILE];
if (file !== undefined) {
  watch(file);
  collectRegularly();
}
