/** Times in milliseconds, kept one by one: exact, at 8 bytes each. */
export class Latencies {
  readonly #times: number[] = [];
  #sorted = true;

  add(milliseconds: number): void {
    this.#times.push(milliseconds);
    this.#sorted = false;
  }

  get count(): number {
    return this.#times.length;
  }

  get max(): number {
    return this.percentile(100);
  }

  /**
   * The time that this share of all took at most (nearest rank).
   *
   * @param share in percent, as 99 or 99.9
   * @returns NaN where nothing was added
   */
  percentile(share: number): number {
    if (!this.#sorted) this.#times.sort((a, b) => a - b);
    this.#sorted = true;
    const rank = Math.ceil((share / 100) * this.#times.length);
    return this.#times[Math.max(rank, 1) - 1] ?? Number.NaN;
  }
}
