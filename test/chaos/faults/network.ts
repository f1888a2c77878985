import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';
import { mendWithLateJobs } from './late.js';

/** The first byte of the script's reply: a list. */
const LIST = 0x2a;

/** What happens between tgook and Redis. */
export const NETWORK_FAULTS: readonly Fault[] = [
  {
    name: 'answers-cut',
    what: "one of five of Redis' answers is cut, whole or in its middle: the command has run",
    async strike(scene) {
      watchForResends(scene);
      const cuts = cutAnswers(scene, 0.2);
      await scene.last(5000);
      scene.proxy.replies = () => 'forward';
      scene.check(cuts.count >= 5, `only ${cuts.count} answers were cut`);
    },
  },
  {
    name: 'connections-cut',
    what: 'the connections to Redis are cut at random moments',
    async strike(scene) {
      watchForResends(scene);
      await scene.every(250, 5000, async () => {
        await scene.last(scene.random.int(0, 200));
        scene.proxy.cut();
      });
    },
  },
  {
    name: 'half-closed',
    what: 'the other side half-closes the connections to Redis, three times a second',
    strike(scene) {
      watchForResends(scene);
      return scene.every(333, 5000, () => scene.proxy.halfClose());
    },
  },
  {
    name: 'partition',
    what: 'the network to Redis is parted for 4 s; what was on its way arrives after that',
    strike: scene => part(scene, 'both ways'),
  },
  {
    name: 'partition-one-way',
    what: 'the network is parted in one way for 4 s: commands arrive and run, and no answer comes',
    strike: scene => part(scene, 'replies'),
  },
  {
    name: 'answers-swallowed',
    what: 'half-open: commands run, their answers are gone for good, and the connections stay open',
    async strike(scene) {
      scene.proxy.deaf = true;
      await scene.last(4000);
      scene.proxy.deaf = false;
      scene.proxy.cut();
    },
  },
  {
    name: 'delay',
    what: 'the network to Redis takes 20 to 200 ms in each direction',
    unnoticed: true,
    async strike(scene) {
      scene.proxy.delay = () => scene.random.int(20, 200);
      await scene.last(5000);
      scene.proxy.delay = () => 0;
    },
  },
  {
    name: 'loss',
    what: 'the network to Redis loses 3 % of what is sent: it comes 0.2 to 3.2 s later, and all behind it',
    async strike(scene) {
      scene.proxy.delay = () => (scene.random.chance(0.03) ? 200 * 2 ** scene.random.int(0, 4) : 0);
      await scene.last(6000);
      scene.proxy.delay = () => 0;
    },
  },
];

/** From now on cuts this share of the script's answers, half of them in their middle. */
export function cutAnswers({ proxy, random }: Scene, share: number): { count: number } {
  const cuts = { count: 0 };
  proxy.replies = answer => {
    if (answer[0] !== LIST || !random.chance(share)) return 'forward';
    cuts.count++;
    return random.chance(0.5) ? 'cut' : answer.subarray(0, random.int(1, answer.length - 1));
  };
  return cuts;
}

/** The payload's first field. A retry of Telegram's gets a new one. */
const UUID = /"uuid":"([^"]{36})"/g;

/** What was sent once is not sent again by the client: that is Telegram's to do. */
function watchForResends(scene: Scene): void {
  const seen = new Set<string>();
  let resent = false;
  scene.proxy.manner = sent => {
    for (const [, uuid = ''] of sent.toString('latin1').matchAll(UUID)) {
      if (seen.has(uuid) && !resent) {
        resent = true;
        scene.violate(undefined, 'the client has sent a command again');
      }
      seen.add(uuid);
    }
    return 'forward';
  };
}

async function part(scene: Scene, way: 'both ways' | 'replies'): Promise<void> {
  watchForResends(scene);
  scene.proxy.part(way);
  await scene.last(4000);
  scene.check((scene.requests.failures.get('503') ?? 0) > 0, 'nothing was answered 503');
  await mendWithLateJobs(scene, () => scene.proxy.join());
}
