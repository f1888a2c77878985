import { type OutgoingHttpHeaders, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { textUpdate } from '../support/tgook.js';
import type { Requests } from './load.js';

/** Milliseconds between two probes. */
const INTERVAL = 50;
/** A probe that hangs ends after this: longer than any may take. */
const PATIENCE = 6000;
/** So many probes that are answered 200 one behind the other: it is well again. */
const IN_A_ROW = 20;
/** Milliseconds after which it is given up. */
const LIMIT = 12_000;

/** Far from the ids of the load. */
const FIRST_ID = 900_000_000;

/** Sends a fresh update every 50 ms, each on a connection of its own, to learn when tgook is well again. */
export class Prober {
  /** Ids; those of them that were answered 200. */
  readonly sent = new Set<number>();
  readonly acknowledged = new Set<number>();
  #nextId = FIRST_ID;

  constructor(
    readonly bot: string,
    readonly requests: Requests,
  ) {}

  /**
   * Begins at the moment of healing.
   *
   * @param url of the webhook, asked anew for each probe
   * @returns milliseconds until the first probe from which on all were answered 200 had its answer; Infinity
   * where that did not come
   */
  async untilWell(url: () => string): Promise<number> {
    const begin = performance.now();
    const ends: Array<number | undefined> = [];
    const probes: Promise<void>[] = [];
    while (performance.now() - begin < LIMIT) {
      const index = ends.length;
      ends.push(undefined);
      const due = begin + probes.length * INTERVAL;
      probes.push(
        this.#probe(url()).then(well => {
          ends[index] = well ? performance.now() - begin : Number.NaN;
        }),
      );
      await pause(Math.max(due + INTERVAL - performance.now(), 0));
      if (wellSince(ends) !== undefined) break;
    }
    await Promise.all(probes);
    return wellSince(ends) ?? Number.POSITIVE_INFINITY;
  }

  /** Opens so many connections a second, each with one fresh update, while something goes on. */
  async during(url: () => string, rate: number, goingOn: Promise<unknown>): Promise<void> {
    const probes: Promise<unknown>[] = [];
    const timer = setInterval(() => probes.push(this.#probe(url())), 1000 / rate);
    await goingOn.finally(() => clearInterval(timer));
    await Promise.all(probes);
  }

  async #probe(url: string): Promise<boolean> {
    const id = this.#nextId++;
    this.sent.add(id);
    const begin = performance.now();
    const outcome = await post(url + this.bot, textUpdate(id));
    this.requests.note(outcome, performance.now() - begin);
    if (outcome !== '200') return false;
    this.acknowledged.add(id);
    return true;
  }
}

/** The end of the first of the last probes that were all answered 200, if they are enough. */
function wellSince(ends: ReadonlyArray<number | undefined>): number | undefined {
  const answered = ends.slice(0, ends.findLastIndex(end => end !== undefined) + 1);
  const bad = answered.findLastIndex(end => end === undefined || Number.isNaN(end));
  return answered.length - bad - 1 >= IN_A_ROW ? answered[bad + 1] : undefined;
}

/**
 * Posts a body on a connection of its own.
 *
 * @returns the status, or why there is none
 */
export function post(url: string, body: string, headers: OutgoingHttpHeaders = {}): Promise<string> {
  return new Promise(resolve => {
    const sent = request(url, { method: 'POST', agent: false, headers, timeout: PATIENCE }, answer => {
      answer.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      answer.once('end', () => resolve(String(answer.statusCode)));
      answer.resume();
    });
    sent.once('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body);
  });
}
