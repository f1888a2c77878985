import type { TakenJob } from '../laravel/consumer.js';
import type { Delivery, UpdateRecord } from '../telegram/simulator.js';

/** What became of every update, put together from both ends: Telegram's record, and what Redis gave back. */
export interface Figures {
  readonly sent: number;
  readonly acknowledged: number;
  /** Jobs that were taken from the queue. */
  readonly enqueued: number;
  /** Updates that were taken once more, and made no second job. */
  readonly duplicates: number;
  readonly quarantined: number;
  /** Acknowledged, and neither a job nor in quarantine. */
  readonly lost: number;
  /** Jobs beyond the first for one update. */
  readonly doubled: number;
  readonly perSecond: number;
  /** Milliseconds from a request to its answer. */
  readonly p50: number;
  readonly p99: number;
}

/** Counts the jobs of one bot. */
export class Ledger {
  /** By update id, the uuids of its jobs. */
  readonly #jobs = new Map<number, Set<string>>();
  #foreign = 0;

  constructor(readonly bot: string) {}

  note({ bot, updateId, uuid }: TakenJob): void {
    if (bot !== this.bot) this.#foreign++;
    const uuids = this.#jobs.get(updateId);
    if (uuids === undefined) this.#jobs.set(updateId, new Set([uuid]));
    else uuids.add(uuid);
  }

  /** @param quarantined the ids of the updates in quarantine */
  figures(
    delivery: Delivery,
    record: ReadonlyMap<number, UpdateRecord>,
    quarantined: ReadonlySet<number>,
  ): Figures {
    let enqueued = 0;
    for (const uuids of this.#jobs.values()) enqueued += uuids.size;
    const doubled = enqueued - this.#jobs.size + this.#foreign;
    let lost = 0;
    let repeated = 0;
    for (const [id, { acknowledged, accepted }] of record) {
      if (acknowledged && !this.#jobs.has(id) && !quarantined.has(id)) lost++;
      repeated += Math.max(accepted - 1, 0);
    }
    const { sent, acknowledged, latencies, milliseconds } = delivery;
    return {
      sent,
      acknowledged,
      enqueued,
      duplicates: repeated - doubled,
      quarantined: quarantined.size,
      lost,
      doubled,
      perSecond: acknowledged / (milliseconds / 1000),
      p50: latencies.percentile(50),
      p99: latencies.percentile(99),
    };
  }
}

/** What was to happen. */
export interface Plan {
  readonly updates: number;
  readonly misfits: number;
  readonly lostAnswers: number;
}

/** Whatever in the figures is not as it must be, a line each. */
export function discrepancies(figures: Figures, plan: Plan): string[] {
  const { sent, acknowledged, enqueued, duplicates, quarantined, lost, doubled } = figures;
  const rules: ReadonlyArray<readonly [holds: boolean, problem: string]> = [
    [sent === plan.updates, `${plan.updates} were to be sent, and ${sent} were`],
    [acknowledged === sent, `${sent} were sent, and ${acknowledged} acknowledged`],
    [lost === 0, `${lost} were acknowledged and are gone`],
    [doubled === 0, `${doubled} became a job twice`],
    [enqueued + quarantined === acknowledged, `jobs and quarantine are not together the ${acknowledged}`],
    [quarantined === plan.misfits, `${plan.misfits} do not fit, and ${quarantined} are in quarantine`],
    [duplicates === plan.lostAnswers, `${plan.lostAnswers} came twice, and ${duplicates} were absorbed`],
  ];
  return rules.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}
