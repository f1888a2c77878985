import t from 'tap';
import { Account } from '../chaos/soak/account.js';
import type { ProcessSample } from '../chaos/soak/processes.js';
import type { Sample } from '../chaos/soak/sampler.js';
import { growth } from '../chaos/soak/verdict.js';

function job(updateId: number, uuid: string) {
  return { bot: 'main', updateId, uuid: uuid.padEnd(36, '0'), command: '' };
}

t.test('an account tells what became of each update', async t => {
  const account = new Account(100);
  for (let id = 100; id < 5000; id++) {
    account.sent(id);
    account.acknowledged(id);
    if (id !== 101 && id !== 102) account.taken(job(id, '1a'));
  }
  account.quarantined(102);
  account.taken(job(103, '1a'));
  account.taken(job(104, '2b'));
  account.taken(job(99, '1a'));
  account.taken(job(5000, '1a'));
  t.same(account.totals(), {
    sent: 4900,
    acknowledged: 4900,
    jobs: 4898,
    quarantined: 1,
    lost: [101],
    doubled: [104],
    foreign: 2,
  });
});

/** An hour of one worker, a sample each five seconds. */
function hour(value: (age: number) => Partial<ProcessSample>, quiet = (_age: number) => true): Sample[] {
  return Array.from({ length: 720 }, (_, i) => {
    const age = 5 * i;
    const calm = { resident: 80, live: 10, descriptors: 20, connections: 40, lateP99: 1, lateMax: 1 };
    const worker = { pid: 7, role: 'worker' as const, age, ...calm, ...value(age) };
    const rest = { rate: 200, failures: 0, p50: 1, p99: 2, slowest: 3, redis: 1, queue: 0, load: 1 };
    return { at: age, quiet: quiet(age), processes: [worker], ...rest };
  });
}

function growing(samples: readonly Sample[]): string[] {
  return growth(samples)
    .filter(({ flat }) => !flat)
    .map(({ what }) => what);
}

t.test('growth is what is there in the last third of a life, and was not in the first', async t => {
  t.same(growing(hour(() => ({}))), []);
  t.same(growing(hour(age => ({ resident: age < 300 ? 50 : 80 }))), [], 'the heap finds its size');
  t.same(growing(hour(age => ({ resident: 80 + age / 100 }))), ['resident'], 'a leak of 10 KB/s');
  t.same(growing(hour(age => ({ live: 10 + age / 300 }))), ['live']);
  t.same(growing(hour(age => ({ live: 10 + age / 600 }))), ['live'], 'less than the pages that V8 may keep');
  t.same(growing(hour(() => ({ live: undefined }))), ['live'], 'what was not measured is not flat');
  t.same(growing(hour(age => ({ descriptors: 20 + Math.floor(age / 600) }))), ['descriptors']);
  t.same(
    growing(
      hour(
        age => ({ resident: age > 2400 && age % 100 < 20 ? 300 : 80 }),
        age => age % 100 >= 20,
      ),
    ),
    [],
  );
  t.same(growth(hour(() => ({})).slice(0, 200)), [], 'too young to be judged');
});
