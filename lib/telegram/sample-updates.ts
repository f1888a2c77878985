import type { TelegramUpdate } from './kinds.js';
import { World } from './samples/people.js';
import { KIND_SAMPLES, MISFIT_SAMPLES } from './samples/updates.js';

export interface SampleOptions {
  readonly count: number;
  /** The same seed makes the same updates. */
  readonly seed?: number;
  /** The first update's id; they are consecutive. */
  readonly firstId?: number;
  /** How many of them do not fit phptg 0.21.1; evenly spread. */
  readonly misfits?: number;
}

/**
 * Updates as a busy bot gets them: every kind, in many scripts, each valid for phptg 0.21.1 but for the
 * misfits. The first ones are one of each kind.
 */
export function* sampleUpdates(options: SampleOptions): Generator<TelegramUpdate> {
  const { count, seed = 1, firstId = 100_000_001, misfits = 0 } = options;
  const world = new World(seed);
  const kinds = Object.keys(KIND_SAMPLES);
  const often = kinds.flatMap(kind => Array<string>(KIND_SAMPLES[kind]![0]).fill(kind));
  let misfitsMade = 0;
  for (let i = 0; i < count; i++) {
    const update_id = firstId + i;
    if (misfitsMade < Math.floor(((i + 1) * misfits) / count)) {
      const [kind, make] = MISFIT_SAMPLES[misfitsMade++ % MISFIT_SAMPLES.length]!;
      yield { update_id, [kind]: make(world) };
    } else {
      const kind = kinds[i] ?? world.random.pick(often);
      yield { update_id, [kind]: KIND_SAMPLES[kind]![1](world) };
    }
  }
}
