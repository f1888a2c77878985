import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** CPU time and memory, from Linux' /proc. */

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

const microseconds = (ticks: number): number => (ticks / TICKS_PER_SECOND) * 1_000_000;

/** User and system time of all threads of these processes so far, in microseconds. */
export function cpuTime(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces. Behind it, utime and stime are the 12th and 13th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return microseconds(ticks);
}

/** The same for all processes of the machine. */
export function machineCpuTime(): number {
  const [, total = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = total.split(' ').map(Number);
  return microseconds(user + nice + system + irq + softirq);
}

/** Resident memory of the process that has the most of it, in megabytes (10^6). */
export function residentMemory(pids: readonly number[]): number {
  return Math.max(...pids.map(pid => memory(pid, 'VmRSS')));
}

/** The same, at its highest since the process began. */
export function peakMemory(pids: readonly number[]): number {
  return Math.max(...pids.map(pid => memory(pid, 'VmHWM')));
}

function memory(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`${pid} has ended`);
  return (Number(kibibytes) * 1024) / 1_000_000;
}
