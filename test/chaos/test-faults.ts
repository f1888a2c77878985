import t from 'tap';
import type { Fault } from './fault.js';
import { playFault } from './play.js';

/** Milliseconds for all faults of a file: each takes seconds, on a machine that is busy more of them. */
const LIMIT = 300_000;

/** A short play of each, as a test. The long ones are `npm run chaos`. */
export function testFaults(faults: readonly Fault[]): void {
  t.setTimeout(LIMIT);
  for (const fault of faults) {
    const promise = fault.unnoticed
      ? 'every request is answered 200, none lost, none doubled'
      : 'none lost, none doubled, none waits, 200 again within 3 s';
    const missing = fault.missing?.();
    t.test(
      `${fault.what}, in short: ${promise}`,
      { skip: missing !== undefined && `it needs ${missing}` },
      async t => {
        const { violations, figures } = await playFault(fault, { seed: 1, short: true });
        t.same(violations, [], JSON.stringify(figures));
        t.ok(figures.acknowledged > 100, `${figures.acknowledged} updates were acknowledged`);
      },
    );
  }
}
