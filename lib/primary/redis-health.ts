import type { Logger } from '../log.js';

/** A problem that comes and goes is told at most this often, in milliseconds. */
const REPEAT = 10_000;

/** What the workers say of Redis, told to the user once and not once a worker. */
export class RedisHealth {
  /** By worker: its problem, or undefined while Redis takes its writes. */
  readonly #problems = new Map<number, string | undefined>();
  /** When a problem was told last, by the clock that never jumps (performance.now()). */
  readonly #toldAt = new Map<string, number>();
  /** Told since Redis was last said to be fine. */
  readonly #told = new Set<string>();

  constructor(readonly log: Logger) {}

  /** The log has this problem already. */
  known(problem: string | undefined): void {
    if (problem === undefined) return;
    this.#told.add(problem);
    this.#toldAt.set(problem, performance.now());
  }

  tell(worker: number, problem: string | undefined): void {
    this.#problems.set(worker, problem);
    if (problem !== undefined) {
      const toldAt = this.#toldAt.get(problem);
      if (this.#told.has(problem)) return;
      if (toldAt !== undefined && performance.now() - toldAt < REPEAT) return;
      this.log.error(problem);
      this.known(problem);
    } else if (this.#told.size > 0 && ![...this.#problems.values()].some(other => other !== undefined)) {
      this.#told.clear();
      this.log.info('Redis takes writes again');
    }
  }

  forget(worker: number): void {
    this.#problems.delete(worker);
  }

  /** Why none of these workers can write, or undefined when one can. */
  notReady(workers: ReadonlySet<number>): string | undefined {
    let problem = 'Redis is not connected yet';
    for (const worker of workers) {
      if (!this.#problems.has(worker)) continue;
      const told = this.#problems.get(worker);
      if (told === undefined) return undefined;
      problem = told;
    }
    return problem;
  }
}
