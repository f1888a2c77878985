import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { residentMemory } from '../../../bench/proc.js';
import type { Inside } from './preload.js';

/** What one process of tgook was like at one time. */
export interface ProcessSample {
  readonly pid: number;
  readonly role: 'primary' | 'worker';
  /** Seconds since it was seen first. */
  readonly age: number;
  /** Resident memory in megabytes (10^6). */
  readonly resident: number;
  /** Megabytes of its heap that the last full collection has left in use. */
  readonly live: number | undefined;
  /** Open descriptors that are no connection of Telegram's. */
  readonly descriptors: number;
  /** Telegram's connections. */
  readonly connections: number;
  /** Milliseconds that its timers were late since the last look: the 99th percentile, and the most. */
  readonly lateP99: number | undefined;
  readonly lateMax: number | undefined;
}

/** Looks at the processes of tgook, from outside through /proc and from inside through the preload's file. */
export class Processes {
  readonly #firstSeen = new Map<number, number>();
  readonly #live = new Map<number, number>();
  readonly #file: string;
  #read = 0;

  /**
   * @param port the webhook's
   * @param file what the preload writes to
   */
  constructor(
    readonly port: number,
    file: string,
  ) {
    this.#file = file;
  }

  /** @param now seconds */
  look(
    pids: ReadonlyArray<readonly [pid: number, role: ProcessSample['role']]>,
    now: number,
  ): ProcessSample[] {
    const said = this.#said();
    const connections = connectionsTo(this.port);
    for (const pid of this.#firstSeen.keys())
      if (!pids.some(([other]) => other === pid)) this.#firstSeen.delete(pid);
    return pids.flatMap(([pid, role]) => {
      const born = this.#firstSeen.get(pid) ?? now;
      this.#firstSeen.set(pid, born);
      try {
        const fromOutside = { resident: residentMemory([pid]), ...descriptorsOf(pid, connections) };
        return [{ pid, role, age: now - born, ...fromOutside, ...this.#fromInside(pid, said) }];
      } catch {
        return []; // it ended under the look
      }
    });
  }

  #fromInside(pid: number, said: readonly Inside[]): Pick<ProcessSample, 'live' | 'lateP99' | 'lateMax'> {
    const own = said.filter(line => line.pid === pid);
    const live = this.#live.get(pid);
    return {
      live: live === undefined ? undefined : live / 1e6,
      lateP99: own.length === 0 ? undefined : Math.max(...own.map(({ lateP99 }) => lateP99)),
      lateMax: own.length === 0 ? undefined : Math.max(...own.map(({ lateMax }) => lateMax)),
    };
  }

  /** What the processes have said of themselves since this was asked last. */
  #said(): Inside[] {
    const file = openSync(this.#file, 'a+');
    const bytes = Buffer.alloc(fstatSync(file).size - this.#read);
    readSync(file, bytes, 0, bytes.length, this.#read);
    closeSync(file);
    const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
    this.#read += whole.length;
    const said = whole
      .toString()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Inside);
    for (const { pid, live } of said) if (live > 0) this.#live.set(pid, live);
    return said;
  }
}

function descriptorsOf(
  pid: number,
  inodes: ReadonlySet<string>,
): { descriptors: number; connections: number } {
  let descriptors = 0;
  let connections = 0;
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    const target = targetOf(`/proc/${pid}/fd/${descriptor}`);
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) connections++;
    else descriptors++;
  }
  return { descriptors, connections };
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ''; // it was closed under the look
  }
}

const ESTABLISHED = '01';

/**
 * Inodes of the established connections to a port. One that Telegram has closed and tgook has not is not among
 * them: that would be a leak.
 */
function connectionsTo(port: number): Set<string> {
  const inodes = new Set<string>();
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (local?.endsWith(end) && state === ESTABLISHED && inode !== undefined) inodes.add(inode);
  }
  return inodes;
}
