import t from 'tap';
import { Stage } from '../../lib/demo/stage.js';
import { plot } from './soak/plot.js';
import { printed } from './soak/report.js';
import { soak } from './soak/run.js';
import { failuresOf } from './soak/verdict.js';

t.test('half a minute under load with faults: nothing is lost, nothing doubled', async t => {
  const stage = new Stage();
  t.teardown(() => stage.clear());
  // This seed kills the primary, Redis and a worker.
  const result = await soak({ minutes: 0.5, seed: 15, rate: 100 }, stage, line => t.comment(line));
  t.same(failuresOf(result), []);
  t.ok(result.totals.jobs > 2000, `${result.totals.jobs} jobs`);
  t.ok(result.faults.length >= 4, `${result.faults.length} faults`);
  t.ok(
    result.samples.at(-1)?.processes.every(({ lateMax }) => lateMax !== undefined),
    'the processes say something of themselves',
  );
  t.match(printed(result), /^lost +0$/m);
  t.match(plot(result), /^<svg .*<path .*<\/svg>\n$/s);
});
