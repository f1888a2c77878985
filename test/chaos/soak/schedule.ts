import type { Random } from '../../../lib/telegram/samples/random.js';
import type { SoakFault } from './faults.js';

/** How often a fault of the early share is in the first round: later there are none. */
const EARLY_COPIES = 3;

/** Draws faults as cards from a pack: none comes again before all have come. */
export class Schedule {
  readonly #faults: readonly SoakFault[];
  readonly #random: Random;
  #pack: SoakFault[];

  constructor(faults: readonly SoakFault[], random: Random) {
    this.#faults = faults;
    this.#random = random;
    this.#pack = faults.flatMap(fault =>
      Array<SoakFault>(fault.early === undefined ? 1 : EARLY_COPIES).fill(fault),
    );
  }

  /** @param share of the soak that is over */
  next(share: number): SoakFault {
    for (;;) {
      if (this.#pack.length === 0) this.#pack = [...this.#faults];
      const [fault] = this.#pack.splice(this.#random.int(0, this.#pack.length - 1), 1);
      if (share < (fault!.early ?? 1)) return fault!;
    }
  }

  /** Seconds that this one is to last, with `most` as a limit. */
  seconds({ seconds: [least, longest] }: SoakFault, most: number): number {
    return Math.min(least + this.#random.next() * (longest - least), most);
  }
}
