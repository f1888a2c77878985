import type { ProcessSample } from './processes.js';
import type { Soak } from './run.js';
import { type Curve, type Panel, svg } from './svg.js';

/** Minutes and a value; undefined breaks the line. */
type Point = readonly [x: number, y: number | undefined];

/** Colours that are told apart with any eyes (Okabe and Ito). */
const BLUE = '#0072b2';
const ORANGE = '#d55e00';
const GREEN = '#009e73';
const PURPLE = '#aa4a86';

/** The soak as a picture: what was measured over time, with each fault as a line. */
export function plot(soak: Soak): string {
  const { samples, faults, options } = soak;
  const curve = (
    name: string,
    color: string,
    value: (sample: Soak['samples'][number]) => number | undefined,
  ): Curve => ({
    name,
    color,
    lines: [samples.map((sample): Point => [sample.at / 60, value(sample)])],
  });
  const processes = (
    role: ProcessSample['role'],
    color: string,
    value: (process: ProcessSample) => number | undefined,
  ): Curve => ({
    name: role === 'primary' ? 'primary' : 'workers, a line each',
    color,
    lines: linesOf(soak, role, value),
  });
  const panels: Panel[] = [
    {
      title: 'Updates per second',
      scale: 'linear',
      curves: [
        curve('acknowledged', BLUE, ({ rate }) => rate),
        curve('not 2xx', ORANGE, ({ failures }) => failures),
      ],
    },
    {
      title: 'Answered after, ms',
      scale: 'log',
      curves: [curve('p50', BLUE, ({ p50 }) => p50), curve('p99', ORANGE, ({ p99 }) => p99)],
    },
    {
      title: 'Resident memory, MB',
      scale: 'linear',
      curves: [
        processes('primary', ORANGE, ({ resident }) => resident),
        processes('worker', BLUE, ({ resident }) => resident),
      ],
    },
    {
      title: 'Heap in use behind a full collection, MB',
      scale: 'linear',
      curves: [
        processes('primary', ORANGE, ({ live }) => live),
        processes('worker', BLUE, ({ live }) => live),
      ],
    },
    {
      title: 'Open descriptors, without connections of Telegram',
      scale: 'linear',
      curves: [
        processes('primary', ORANGE, ({ descriptors }) => descriptors),
        processes('worker', BLUE, ({ descriptors }) => descriptors),
      ],
    },
    {
      title: 'Event loop late by at most, ms',
      scale: 'log',
      curves: [
        processes('primary', ORANGE, ({ lateMax }) => lateMax),
        processes('worker', BLUE, ({ lateMax }) => lateMax),
      ],
    },
    {
      title: 'Redis: memory in MB, and jobs that wait',
      scale: 'log',
      curves: [curve('memory', GREEN, ({ redis }) => redis), curve('jobs', PURPLE, ({ queue }) => queue)],
    },
  ];
  const marks = faults.map(({ name, begin, end }) => ({ name, from: begin / 60, to: end / 60 }));
  return svg({
    title: `${options.minutes} minutes at ${options.rate} updates per second, with ${faults.length} faults`,
    x: 'minutes',
    width: options.minutes,
    panels,
    marks,
  });
}

/** A line for each process: a new one does not go on where the old one ended. */
function linesOf(
  { samples }: Soak,
  role: ProcessSample['role'],
  value: (process: ProcessSample) => number | undefined,
): Point[][] {
  const lines = new Map<number, Point[]>();
  for (const { at, processes } of samples) {
    for (const process of processes) {
      if (process.role !== role) continue;
      const line = lines.get(process.pid) ?? [];
      line.push([at / 60, value(process)]);
      lines.set(process.pid, line);
    }
  }
  return [...lines.values()];
}
