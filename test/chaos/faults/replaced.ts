import { setTimeout as pause } from 'node:timers/promises';
import { startPrivateRedis } from '../../../lib/demo/private-redis.js';
import { compileKeys } from '../../../lib/laravel/keys.js';
import { idsOnList, settingsOf } from '../../support/queue.js';
import type { Fault } from '../fault.js';

/** What happens when another Redis stands where one was. */
export const REPLACED_FAULTS: readonly Fault[] = [
  {
    name: 'redis-replaced',
    what: 'an empty Redis in place of the one that was there; both are drained at the end',
    // What the old one has as a job and Telegram sends once more, the new one cannot know.
    except: ['I2'],
    async strike(scene) {
      await pause(scene.random.int(300, 900));
      const empty = await startPrivateRedis();
      scene.afterwards(() => empty.stop());
      scene.stores.push(empty);
      scene.proxy.target = empty.port;
      scene.proxy.cut();
      const { list } = compileKeys(settingsOf());
      scene.also(
        (async () => {
          await scene.until(
            async () => (await empty.client.llen(list)) >= 100,
            5000,
            'the new one gets jobs',
          );
          const ids = await idsOnList(empty.client, list);
          scene.check(new Set(ids).size === ids.length, 'an update became a job twice in the new one');
          const calls = await empty.client.info('commandstats');
          scene.check(/^cmdstat_eval:/m.test(calls), 'the new one did not have to be given the script');
        })(),
      );
    },
  },
];
