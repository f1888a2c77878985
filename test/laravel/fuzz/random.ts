import type { Random } from 'fast-check';

/** True once in `times`. */
export function once(random: Random, times: number): boolean {
  return random.nextInt(1, times) === 1;
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.nextInt(0, items.length - 1)]!;
}

/** Up to `most` things, few more often than many. */
export function several<Item>(random: Random, most: number, make: () => Item): Item[] {
  const count = Math.min(random.nextInt(0, most), random.nextInt(0, most));
  return Array.from({ length: count }, make);
}

export function shuffle<Item>(random: Random, items: Item[]): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.nextInt(0, last);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
}
