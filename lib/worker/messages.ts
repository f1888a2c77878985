import type { Settings } from '../settings/load.js';

/** What the primary tells a worker. */
export type ToWorker =
  | { readonly type: 'start'; readonly settings: Settings }
  /** Its socket comes with it. */
  | { readonly type: 'connection'; readonly id: number }
  /** It is killed after so many milliseconds. */
  | { readonly type: 'drain'; readonly within: number };

/** What a worker tells the primary, which alone speaks to the user. */
export type FromWorker =
  /** It can be told now: what is sent before its modules are loaded is lost. */
  | { readonly type: 'awake' }
  /** It has tried Redis, and takes connections. */
  | { readonly type: 'ready' }
  /** The connection with this id has arrived. */
  | { readonly type: 'taken'; readonly id: number }
  /** So many of its connections are closed. */
  | { readonly type: 'closed'; readonly connections: number }
  /** Somebody wants it to end. */
  | { readonly type: 'leaving' }
  /** `problem` is a line for the user; without one Redis takes writes. */
  | { readonly type: 'redis'; readonly problem?: string }
  | ({ readonly type: 'events' } & WorkerEvents);

/** What happened in a worker since it last told. */
export interface WorkerEvents {
  /** Updates that went into quarantine. */
  quarantined: number;
  /** The newest of them. */
  last?: { readonly bot: string; readonly updateId: number; readonly reason: string };
  /** Updates that the quarantine did not take, and the newest reason. */
  notQuarantined: number;
  problem?: string;
  /** Quarantined updates that had to make room: how many, and the first of them as `<bot>:<update id>`. */
  lost: number;
  lostIds: string[];
  /** Jobs that Horizon's keys could not be written for. */
  withoutHorizon: number;
  /** Updates that were answered 503 since the queue is full. */
  full: number;
}
