import t from 'tap';
import { NEWEST_SCHEMA } from '../../lib/schema/bundled.js';
import { fuzzBodies } from './fuzz/bodies.js';
import { anySeed } from './fuzz/runs.js';
import { laravelApp } from './support/laravel.js';

// `npm run fuzz` does the same at length.

for (const [format, cases] of [
  ['object', 3000],
  ['json', 1000],
] as const) {
  t.test(`damaged bodies neither crash nor get past PHP, in the format ${format}`, async t => {
    const options = { format, schema: NEWEST_SCHEMA, phptg: laravelApp().phptg() };
    const outcomes = await fuzzBodies({ cases, seed: anySeed() }, options);
    t.ok(outcomes.job > cases / 5, 'many become jobs');
    t.ok(outcomes['not-an-update'] > cases / 10, 'many are refused');
  });
}
