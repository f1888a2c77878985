import type { Settings } from '../support/tgook.js';
import type { Scene } from './scene.js';

/** What must hold whatever happens, as docs/reliability.md says it. */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6';

export const INVARIANTS: Readonly<Record<Invariant, string>> = {
  I1: 'every acknowledged update is a job, or in quarantine',
  I2: 'no update is two jobs',
  I3: 'every request ends within 3.5 s',
  I4: 'updates are answered 200 again within 3 s',
  I5: 'memory and descriptors are bounded',
  I6: "Horizon's keys and the notify list agree with the queue",
};

/** Something that happens to tgook, to Redis, or to what lies between them. */
export interface Fault {
  readonly name: string;
  /** What happens, for the table and the tests' names. */
  readonly what: string;
  /** Of the private Redis, more of its command-line options. */
  readonly redis?: readonly string[];
  /** Of tgook, over those that every scene has. */
  readonly settings?: Settings;
  /** Every update is sent twice at the same moment: to the workers of one tgook, or to two on the same Redis. */
  readonly twice?: 'to workers' | 'to hosts';
  /** Telegram may not notice it: every request is answered 200, and no connection is reset. */
  readonly unnoticed?: boolean;
  /** What this machine lacks to play it, as a part of a sentence; undefined where it has everything. */
  missing?(): string | undefined;
  /** What is not promised under this fault. */
  readonly except?: readonly Invariant[];
  /** Puts up what it needs before anything is sent. */
  prepare?(scene: Scene): Promise<void>;
  /** Strikes under load, and resolves at the moment at which everything is mended. */
  strike(scene: Scene): Promise<void>;
}

/** How a fault is played. */
export interface Play {
  /** Updates, times and victims follow from it. */
  readonly seed: number;
  /** For seconds where it would otherwise be longer. */
  readonly short: boolean;
}
