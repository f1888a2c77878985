import type { Logger } from '../log.js';
import type { Settings } from '../settings/load.js';
import type { WorkerEvents } from '../worker/messages.js';

/** Tells the user what has happened in a worker with these settings. */
export function logEvents(log: Logger, events: WorkerEvents, { TGOOK_QUEUE_MAX: limit }: Settings): void {
  const { quarantined, notQuarantined, problem, last, lost, lostIds, withoutHorizon, full } = events;
  if (last !== undefined) {
    log.warn({ quarantined, ...last }, 'an update does not fit the job and is kept in quarantine');
  }
  if (notQuarantined > 0) {
    log.error({ updates: notQuarantined, problem }, 'the quarantine takes no updates: they are answered 503');
  }
  if (lost > 0) log.error({ lost, updates: lostIds }, 'the quarantine is full: its oldest updates are lost');
  if (withoutHorizon > 0) {
    log.warn({ jobs: withoutHorizon }, "jobs are queued, but Horizon's keys cannot be written");
  }
  if (full > 0) {
    log.warn(
      { updates: full, limit },
      'the queue is as long as TGOOK_QUEUE_MAX allows: new updates are answered 503 — are its workers running?',
    );
  }
}
