import type { Logger } from '../log.js';

/** What the workers say of Redis, told to the user once and not once a worker. */
export class RedisHealth {
  /** By worker: its problem, or undefined while Redis takes its writes. */
  readonly #problems = new Map<number, string | undefined>();
  /** Told since Redis was last fine for all. */
  readonly #told = new Set<string>();

  constructor(readonly log: Logger) {}

  /** The log has this problem already. */
  known(problem: string | undefined): void {
    if (problem !== undefined) this.#told.add(problem);
  }

  tell(worker: number, problem: string | undefined): void {
    this.#problems.set(worker, problem);
    if (problem !== undefined) {
      if (!this.#told.has(problem)) this.log.error(problem);
      this.#told.add(problem);
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
