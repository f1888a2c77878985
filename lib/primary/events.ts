import type { Logger } from '../log.js';
import type { Settings } from '../settings/load.js';
import type { WorkerEvents } from '../worker/messages.js';

/** A full queue stays full for long: that is told at most this often, in milliseconds. */
const FULL_INTERVAL = 60_000;

/** Tells the user what has happened in the workers. */
export class EventLog {
  #full = 0;
  #fullToldAt = Number.NEGATIVE_INFINITY;
  #limit: number | undefined;

  constructor(readonly log: Logger) {}

  /** @param settings of the worker that tells it */
  tell(events: WorkerEvents, settings: Settings): void {
    const { quarantined, notQuarantined, problem, last, lost, lostIds, withoutHorizon, full } = events;
    const { log } = this;
    if (last !== undefined) {
      log.warn({ quarantined, ...last }, 'an update does not fit the job and is kept in quarantine');
    }
    if (notQuarantined > 0) {
      log.error(
        { updates: notQuarantined, problem },
        'the quarantine takes no updates: they are answered 503',
      );
    }
    if (lost > 0)
      log.error({ lost, updates: lostIds }, 'the quarantine is full: its oldest updates are lost');
    if (withoutHorizon > 0) {
      log.warn({ jobs: withoutHorizon }, "jobs are queued, but Horizon's keys cannot be written");
    }
    this.#full += full;
    this.#limit = settings.TGOOK_QUEUE_MAX;
    if (performance.now() - this.#fullToldAt >= FULL_INTERVAL) this.flush();
  }

  /** Tells what was held back. */
  flush(): void {
    if (this.#full === 0) return;
    this.log.warn(
      { updates: this.#full, limit: this.#limit },
      'the queue is as long as TGOOK_QUEUE_MAX allows: new updates are answered 503 — are its workers running?',
    );
    this.#full = 0;
    this.#fullToldAt = performance.now();
  }
}
