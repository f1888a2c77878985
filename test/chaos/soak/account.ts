import type { TakenJob } from '../../../lib/laravel/consumer.js';

/** What is known of all updates of one bot together. */
export interface Totals {
  readonly sent: number;
  readonly acknowledged: number;
  /** Updates that have become a job. */
  readonly jobs: number;
  readonly quarantined: number;
  /** Ids of updates that were acknowledged, and are neither a job nor in quarantine. */
  readonly lost: readonly number[];
  /** Ids of updates that have become more than one job, or a job and an entry in quarantine. */
  readonly doubled: readonly number[];
  /** Jobs for updates that were never sent. */
  readonly foreign: number;
}

/**
 * The account of one bot's updates, kept outside of what is tested. An update takes six bytes, for ever: so a
 * second job is noticed however late it comes, and an hour needs a few megabytes.
 */
export class Account {
  #sent = 0;
  #acknowledged = new Uint8Array(1024);
  #quarantined = new Uint8Array(1024);
  /** Of the first job's uuid the first 32 bits; 0 where there is none. */
  #jobs = new Uint32Array(1024);
  readonly #doubled: number[] = [];
  #foreign = 0;

  /** @param firstId that of the first update; they are consecutive */
  constructor(readonly firstId: number) {}

  /** An update is on its way for the first time. */
  sent(updateId: number): void {
    const index = updateId - this.firstId;
    this.#sent = Math.max(this.#sent, index + 1);
    if (index < this.#jobs.length) return;
    this.#acknowledged = grown(this.#acknowledged, new Uint8Array(2 * index));
    this.#quarantined = grown(this.#quarantined, new Uint8Array(2 * index));
    this.#jobs = grown(this.#jobs, new Uint32Array(2 * index));
  }

  acknowledged(updateId: number): void {
    this.#acknowledged[updateId - this.firstId] = 1;
  }

  quarantined(updateId: number): void {
    this.#quarantined[updateId - this.firstId] = 1;
  }

  /** The same job may be taken twice, where the answer to the first pop was lost. */
  taken({ updateId, uuid }: TakenJob): void {
    const index = updateId - this.firstId;
    if (!(index >= 0 && index < this.#sent)) {
      this.#foreign++;
      return;
    }
    const job = Number.parseInt(uuid.slice(0, 8), 16) || 1;
    if (this.#jobs[index] === 0) this.#jobs[index] = job;
    else if (this.#jobs[index] !== job) this.#doubled.push(updateId);
  }

  totals(): Totals {
    let acknowledged = 0;
    let jobs = 0;
    let quarantined = 0;
    const lost: number[] = [];
    const doubled = [...this.#doubled];
    for (let index = 0; index < this.#sent; index++) {
      const isJob = this.#jobs[index] !== 0;
      const isKept = this.#quarantined[index] === 1;
      if (isJob) jobs++;
      if (isKept) quarantined++;
      if (isJob && isKept) doubled.push(this.firstId + index);
      if (this.#acknowledged[index] === 0) continue;
      acknowledged++;
      if (!isJob && !isKept) lost.push(this.firstId + index);
    }
    return {
      sent: this.#sent,
      acknowledged,
      jobs,
      quarantined,
      lost,
      doubled,
      foreign: this.#foreign,
    };
  }
}

function grown<Numbers extends Uint8Array | Uint32Array>(old: Numbers, larger: Numbers): Numbers {
  larger.set(old);
  return larger;
}

/** The accounts of all bots together. */
export function sum(all: readonly Totals[]): Totals {
  const add = (pick: (totals: Totals) => number): number =>
    all.reduce((total, each) => total + pick(each), 0);
  return {
    sent: add(({ sent }) => sent),
    acknowledged: add(({ acknowledged }) => acknowledged),
    jobs: add(({ jobs }) => jobs),
    quarantined: add(({ quarantined }) => quarantined),
    lost: all.flatMap(({ lost }) => lost),
    doubled: all.flatMap(({ doubled }) => doubled),
    foreign: add(({ foreign }) => foreign),
  };
}
