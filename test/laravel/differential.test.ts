import t from 'tap';
import { BUNDLED_SCHEMAS, NEWEST_SCHEMA } from '../../lib/schema/bundled.js';
import { proveUpdates } from './fuzz/differential.js';
import { anySeed } from './fuzz/runs.js';

// `npm run fuzz` does the same at length.

for (const schema of BUNDLED_SCHEMAS) {
  t.test(`jobs of updates of any kind are what PHP makes of them, with phptg ${schema}`, async t => {
    const isNewest = schema === NEWEST_SCHEMA;
    const cases = isNewest ? 10_000 : 1000;
    const { unseen, ...outcomes } = await proveUpdates({ cases, seed: anySeed() }, { schema });
    t.ok(outcomes.job > cases / 2, 'most become jobs');
    t.ok(outcomes.misfit > cases / 10, 'many do not fit');
    t.ok(outcomes['not-an-update'] > 0, 'some are no updates');
    if (isNewest) t.ok(unseen.length < 10, `nearly every property was filled, and not: ${unseen.join(', ')}`);
  });
}
