import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import type { PrivateRedis } from '../../lib/demo/private-redis.js';
import { type Tgook, textUpdate } from './tgook.js';

export const LIST = 'laravel_database_queues:telegram_updates';

/** Waits until `check` holds; fails loudly after `limit` ms. Returns how long it took. */
export async function until(check: () => boolean | Promise<boolean>, limit: number): Promise<number> {
  const begin = Date.now();
  while (!(await check())) {
    if (Date.now() - begin > limit) throw new Error(`not within ${limit} ms: ${check}`);
    await pause(20);
  }
  return Date.now() - begin;
}

/** Posts updates one after another on each of several connections, sending again what is not answered 200. */
export class Load {
  readonly acknowledged = new Set<number>();
  readonly statuses = new Map<number, number>();
  /** Requests that were neither answered nor cut off within 3.5 s. */
  hung = 0;
  #running = true;
  #next = 1;
  readonly #done: Promise<unknown>;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(
    readonly tgook: Tgook,
    connections: number,
  ) {
    this.#done = Promise.all(Array.from({ length: connections }, () => this.#send()));
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
    this.#agent.destroy();
  }

  async #send(): Promise<void> {
    while (this.#running) {
      const id = this.#next++;
      while (this.#running) {
        const status = await this.#post(textUpdate(id));
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
        if (status === 200) {
          this.acknowledged.add(id);
          break;
        }
        await pause(20);
      }
    }
  }

  /** Status 0 stands for a connection that was refused or reset. */
  #post(body: string): Promise<number> {
    return new Promise(resolve => {
      const sent = httpRequest(`${this.tgook.url}main`, { method: 'POST', agent: this.#agent }, response => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', () => resolve(0));
      // Whatever happens, nobody waits longer than that for an answer, or for the end of the connection.
      sent.setTimeout(3500, () => {
        this.hung++;
        sent.destroy();
      });
      sent.end(body);
    });
  }
}

export async function jobIds(redis: PrivateRedis): Promise<number[]> {
  const payloads = await redis.client.lrange(LIST, 0, -1);
  return payloads.map(payload => Number(/updateId\\";i:(\d+);/.exec(payload)?.[1]));
}

export async function checkNothingLost(t: Test, redis: PrivateRedis, load: Load): Promise<void> {
  const jobs = await jobIds(redis);
  t.equal(load.hung, 0, 'no request was left hanging');
  t.equal(new Set(jobs).size, jobs.length, 'no update became two jobs');
  const there = new Set(jobs);
  t.equal(
    [...load.acknowledged].filter(id => !there.has(id)).length,
    0,
    'all that was answered 200 is in Redis',
  );
  t.ok(load.acknowledged.size > 100, `${load.acknowledged.size} updates were acknowledged`);
}
