/** Of samples, which may be missing where the process or Redis was away. */

type Numbers = ReadonlyArray<number | undefined>;

function present(values: Numbers): number[] {
  return values.filter(value => value !== undefined);
}

/** NaN where there are none. */
export function median(values: Numbers): number {
  const sorted = present(values).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** NaN where there are none. */
export function most(values: Numbers): number {
  const numbers = present(values);
  return numbers.length === 0 ? Number.NaN : Math.max(...numbers);
}
