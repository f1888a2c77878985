import type { Quarantined } from '../queue/quarantine.js';
import type { WorkerEvents } from './messages.js';
import { tellPrimary } from './tell.js';

/** Milliseconds that events are gathered for: a flood of bad updates must not become a flood of lines. */
const INTERVAL = 1000;
const MAX_LOST_IDS = 100;

/** Tells the primary; what happens often is gathered first. */
export class Reporter {
  #events: WorkerEvents = nothing();
  #timer: NodeJS.Timeout | undefined;
  #closed = 0;

  readonly redis = (problem: string | undefined): void => {
    tellPrimary(problem === undefined ? { type: 'redis' } : { type: 'redis', problem });
  };

  readonly withoutHorizon = (count: number): void => {
    this.#events.withoutHorizon += count;
    this.#later();
  };

  readonly full = (count: number): void => {
    this.#events.full += count;
    this.#later();
  };

  readonly quarantined = (
    bot: string,
    updateId: number,
    reason: string,
    { added, lost }: Quarantined,
  ): void => {
    if (!added) return;
    this.#events.quarantined++;
    this.#events.last = { bot, updateId, reason };
    this.#events.lost += lost.length;
    this.#events.lostIds.push(...lost.slice(0, MAX_LOST_IDS - this.#events.lostIds.length));
    this.#later();
  };

  readonly notQuarantined = (problem: string): void => {
    this.#events.notQuarantined++;
    this.#events.problem = problem;
    this.#later();
  };

  /** A connection is closed. Those that close together are told together. */
  closed(): void {
    if (this.#closed++ > 0) return;
    setImmediate(() => {
      tellPrimary({ type: 'closed', connections: this.#closed });
      this.#closed = 0;
    });
  }

  flush(): void {
    clearTimeout(this.#timer);
    if (this.#timer === undefined) return;
    this.#timer = undefined;
    tellPrimary({ type: 'events', ...this.#events });
    this.#events = nothing();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL);
  }
}

function nothing(): WorkerEvents {
  return { quarantined: 0, notQuarantined: 0, lost: 0, lostIds: [], withoutHorizon: 0, full: 0 };
}
