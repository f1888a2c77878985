import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compileKeys } from '../../../lib/laravel/keys.js';
import { settingsOf } from '../../support/queue.js';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';

/** Where Debian and Ubuntu install it, on the machines that they run on. */
const LIBRARY = ['x86_64', 'aarch64']
  .map(machine => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find(existsSync);

/** Holds what is added to the time of day; without it nothing is. */
const OFFSET_FILE = join(tmpdir(), `tgook-clock-${process.pid}`);

/** Seconds. */
const HOUR = 3600;
const DAY = 24 * HOUR;

const JUMPS = [HOUR, -HOUR, DAY, -DAY];

/** What happens to the time. */
export const CLOCK_FAULTS: readonly Fault[] = [
  {
    name: 'clock',
    what: "tgook's clock jumps by an hour and by a day, forward and backward",
    // As on a real machine, only the time of day jumps: the monotonic clock never does.
    settings: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: OFFSET_FILE,
      FAKETIME_NO_CACHE: 1,
      FAKETIME_DONT_FAKE_MONOTONIC: 1,
    },
    unnoticed: true,
    missing: () => (LIBRARY === undefined ? 'libfaketime (apt-get install libfaketime)' : undefined),
    async strike(scene) {
      scene.afterwards(() => rmSync(OFFSET_FILE, { force: true }));
      for (const jump of JUMPS) {
        await pause(scene.random.int(100, 400));
        writeFileSync(OFFSET_FILE, `${jump > 0 ? '+' : ''}${jump}`);
        await scene.until(
          async () => Math.abs((await ahead(scene)) - jump) < 60,
          3000,
          `a jump of ${jump} s`,
        );
        await scene.last(1500);
      }
      rmSync(OFFSET_FILE);
      await scene.until(async () => Math.abs(await ahead(scene)) < 60, 3000, 'the right time again');
    },
  },
];

/** By how many seconds the newest job is ahead of its time. */
async function ahead({ redis }: Scene): Promise<number> {
  const newest = await redis.client.lindex(compileKeys(settingsOf()).list, -1);
  const { pushedAt } = JSON.parse(newest ?? '{"pushedAt":0}') as { pushedAt: string };
  return Number(pushedAt) - Date.now() / 1000;
}
