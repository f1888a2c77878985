import fc from 'fast-check';

/** How many cases, and which. */
export interface Run {
  readonly cases: number;
  /** Every case follows from it. */
  readonly seed: number;
  /** Leads to one case of those of the seed, as a failure names it. */
  readonly path?: string | undefined;
  /** Told of each case that is over. */
  readonly onCase?: () => void;
}

export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 30);
}

/** Milliseconds for making a failure smaller: of a large document there are very many that are simpler. */
const SHRINKING = 30_000;

/**
 * Checks that all values hold.
 *
 * @param what `updates` or `bodies`, and the options of the long run that belong to it
 * @param holds rejects for a value that does not hold
 * @throws Error with the smallest value that does not hold, and how to see it again
 */
export async function check<Value>(
  what: string,
  values: fc.Arbitrary<Value>,
  holds: (value: Value) => Promise<void>,
  { cases, seed, path, onCase }: Run,
): Promise<void> {
  let shrinksUntil = Number.POSITIVE_INFINITY;
  const property = fc.asyncProperty(values, async value => {
    // All others are passed over, not left out: a path counts them.
    if (performance.now() > shrinksUntil) return;
    try {
      await holds(value);
    } catch (error) {
      shrinksUntil = Math.min(shrinksUntil, performance.now() + SHRINKING);
      throw error;
    }
    onCase?.();
  });
  const runs = path === undefined ? { numRuns: cases } : { numRuns: 1, path };
  const details = await fc.check(property, { seed, ...runs });
  if (!details.failed) return;
  const lines = [
    (details.errorInstance as Error).message,
    `case: ${fc.stringify(details.counterexample?.[0])}`,
    `after ${details.numRuns} cases and ${details.numShrinks} steps to a smaller one`,
    `again: npm run fuzz -- --only ${what} --seed ${details.seed} --path ${details.counterexamplePath}`,
  ];
  throw new Error(lines.join('\n'), { cause: details.errorInstance });
}
