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

/**
 * Checks a property.
 *
 * @param what `updates` or `bodies`, and the options of the long run that belong to it
 * @throws Error with the smallest case that fails, and how to see it again
 */
export async function check<Values>(
  what: string,
  property: fc.IAsyncProperty<Values>,
  { cases, seed, path }: Run,
): Promise<void> {
  const runs = path === undefined ? { numRuns: cases } : { numRuns: 1, path };
  const details = await fc.check(property, { seed, ...runs });
  if (!details.failed) return;
  const lines = [
    (details.errorInstance as Error).message,
    `case: ${fc.stringify(details.counterexample)}`,
    `after ${details.numRuns} cases and ${details.numShrinks} steps to a smaller one`,
    `again: npm run fuzz -- --only ${what} --seed ${details.seed} --path ${details.counterexamplePath}`,
  ];
  throw new Error(lines.join('\n'), { cause: details.errorInstance });
}
