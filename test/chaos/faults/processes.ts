import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from '../../support/processes.js';
import { raw } from '../../support/raw.js';
import { textUpdate } from '../../support/tgook.js';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';

/** Milliseconds: what drains is gone so long after SIGTERM or a reload, and workers so long after their primary. */
const DRAIN_LIMIT = 8000;
const ORPHAN_LIMIT = 4000;

/** What happens to tgook's own processes. */
export const PROCESS_FAULTS: readonly Fault[] = [
  {
    name: 'worker-killed',
    what: 'a worker killed (-9) every 500 ms, half of them stand still before that; 100 new connections a second',
    async strike(scene) {
      const { prober, random } = scene;
      let kills = 0;
      const killing = scene.every(500, 6000, async () => {
        const workers = scene.tgook.workers();
        if (workers.length === 0) return;
        const victim = random.pick(workers);
        if (random.chance(0.5)) {
          // It is given connections that it does not get round to any more.
          process.kill(victim, 'SIGSTOP');
          await pause(random.int(10, 60));
        }
        process.kill(victim, 'SIGKILL');
        kills++;
      });
      // Probes that hang are waited for beside the rest: the fault ends with the last kill.
      scene.also(prober.during(() => scene.tgook.url, 100, killing));
      await killing;
      scene.check(kills >= scene.lasting(6000) / 1000, `only ${kills} workers were killed`);
    },
  },
  {
    name: 'primary-killed',
    what: 'the primary killed (-9), and started again at once by its supervisor, twice',
    async strike(scene) {
      for (let i = 0; i < 2; i++) {
        await pause(scene.random.int(300, 900));
        const workers = scene.tgook.workers();
        await scene.tgook.stop('SIGKILL');
        scene.also(scene.until(() => !workers.some(isAlive), ORPHAN_LIMIT, 'its workers are gone'));
        await scene.startAgain();
      }
    },
  },
  {
    name: 'reloaded',
    what: 'twenty reloads (SIGHUP), one behind the other; 100 new connections a second',
    unnoticed: true,
    async strike(scene) {
      const reloading = reload(scene, scene.play.short ? 2 : 20);
      scene.also(scene.prober.during(() => scene.tgook.url, 100, reloading));
      await reloading;
    },
  },
  {
    name: 'restarted',
    what: 'restarts as `systemctl restart` does them (SIGTERM, then a new start), twice',
    async strike(scene) {
      for (let i = 0; i < 2; i++) {
        await pause(scene.random.int(300, 900));
        await stop(scene);
        await scene.startAgain();
      }
    },
  },
  {
    name: 'stopped-in-mid-request',
    what: 'SIGTERM while requests are half sent',
    async strike(scene) {
      const requests = Array.from({ length: 10 }, (_, i) => halfSent(scene, 800_000_000 + i, 300 + 200 * i));
      await pause(200);
      await stop(scene);
      const answered = (await Promise.all(requests)).filter(status => status === 200).length;
      scene.check(answered === 10, `of 10 requests that had begun, ${answered} were answered 200`);
      await scene.startAgain();
    },
  },
];

/** Reloads so often, each time when the reload before is done. */
async function reload(scene: Scene, times: number): Promise<void> {
  const { tgook } = scene;
  const done = () => tgook.log.filter(({ msg }) => /^reloaded/.test(msg)).length;
  const ended = () => tgook.process.exitCode !== null;
  for (let i = 0; i < times; i++) {
    const old = tgook.workers();
    tgook.process.kill('SIGHUP');
    await scene.until(() => done() > i || ended(), 15_000, 'tgook has reloaded');
    if (ended()) {
      scene.violate(undefined, 'tgook has ended in place of reloading');
      return scene.startAgain();
    }
    scene.also(scene.until(() => !old.some(isAlive), DRAIN_LIMIT, 'the old workers are gone'));
  }
}

/** Stops tgook as a service manager does. */
async function stop(scene: Scene): Promise<void> {
  const begin = performance.now();
  const { code } = await scene.tgook.stop();
  const took = performance.now() - begin;
  scene.check(code === 0, `tgook ended with ${code}`);
  scene.check(took < DRAIN_LIMIT, `tgook took ${Math.round(took)} ms to stop`);
}

/** Sends a request in two halves, so many milliseconds apart. */
async function halfSent({ tgook, bot, prober }: Scene, id: number, later: number): Promise<number> {
  const body = textUpdate(id);
  const head = `POST /telegram/bot/webhook/${bot} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
  prober.sent.add(id);
  const { status } = await raw(tgook.port, [head + body.slice(0, 40), later, body.slice(40)]);
  if (status === 200) prober.acknowledged.add(id);
  return status;
}
