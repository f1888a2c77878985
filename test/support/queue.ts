import type { Redis } from 'ioredis';
import type { Test } from 'tap';
import { type PrivateRedis, startPrivateRedis, type Version } from '../../lib/demo/private-redis.js';
import { NotStored } from '../../lib/errors.js';
import { compileKeys, type Keys } from '../../lib/laravel/keys.js';
import type { Outcome } from '../../lib/queue/enqueue.js';
import { Queue } from '../../lib/queue/queue.js';
import { loadSettings, type Settings } from '../../lib/settings/load.js';
import { parseUpdate } from '../../lib/webhook/update.js';
import { textUpdate } from './tgook.js';

export type Values = Readonly<Record<string, string | number | undefined>>;

/** Settings from these values alone: no file, and nothing of the developer's environment. */
export function settingsOf(values: Values = {}): Settings {
  const environment = Object.entries(values).filter(([, value]) => value !== undefined);
  return loadSettings(
    Object.fromEntries(environment.map(([name, value]) => [name, String(value)])),
    '/dev/null',
  ).settings;
}

/** A redis that ends with the test. */
export async function redisFor(
  t: Test,
  options: readonly string[] = [],
  minimum?: Version,
): Promise<PrivateRedis> {
  const redis = await startPrivateRedis(options, minimum);
  t.teardown(() => redis.stop());
  return redis;
}

/** A worker's queue, without the worker: it remembers what it was told of Redis. */
export class TestQueue {
  readonly settings: Settings;
  readonly keys: Keys;
  readonly queue: Queue<(outcome: Outcome | undefined) => void>;
  /** What the queue has said of Redis: problems, or undefined where it takes writes. */
  readonly said: Array<string | undefined> = [];
  /** Jobs of which the queue has said that Horizon does not know them. */
  withoutHorizon = 0;
  /** Updates that the queue was too long for. */
  full = 0;
  readonly #watchers = new Set<() => void>();

  constructor(values: Values) {
    this.settings = settingsOf(values);
    this.keys = compileKeys(this.settings);
    this.queue = new Queue(this.settings, (settled, outcome) => settled(outcome), {
      onRedis: problem => {
        this.said.push(problem);
        for (const watcher of this.#watchers) watcher();
      },
      onWithoutHorizon: count => {
        this.withoutHorizon += count;
      },
      onFull: count => {
        this.full += count;
      },
    });
  }

  get usable(): boolean {
    return this.queue.connection.usable;
  }

  /** Adds a body. Rejects with what Queue.add() throws. */
  async addBody(body: string, bot = 'main'): Promise<Outcome | undefined> {
    const update = parseUpdate(Buffer.from(body));
    return new Promise((resolve, reject) => {
      try {
        this.queue.add(bot, update, resolve);
      } catch (error) {
        reject(error);
      }
    });
  }

  add(id: number, bot = 'main'): Promise<Outcome | undefined> {
    return this.addBody(textUpdate(id), bot);
  }

  /** The same, for faults: undefined, whether the update was refused at once or later. */
  async tryAdd(id: number, bot = 'main'): Promise<Outcome | undefined> {
    try {
      return await this.add(id, bot);
    } catch (error) {
      if (error instanceof NotStored) return undefined;
      throw error;
    }
  }

  /**
   * Waits until the last word on Redis is right. Resolves with the milliseconds that it took.
   *
   * @param word a pattern of the problem, or undefined for none
   * @param limit milliseconds, after which it rejects
   */
  until(word: RegExp | undefined, limit = 3000): Promise<number> {
    const begin = performance.now();
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const look = () => {
        const last = this.said.at(-1);
        if (this.said.length === 0) return;
        if (word === undefined ? last !== undefined : last === undefined || !word.test(last)) return;
        done();
        resolve(performance.now() - begin);
      };
      const timer = setTimeout(() => {
        done();
        reject(
          new Error(`not within ${limit} ms: ${word ?? 'no problem'}; said ${JSON.stringify(this.said)}`),
        );
      }, limit);
      this.#watchers.add(look);
      look();
    });
  }
}

/** Opens a queue on a port of 127.0.0.1 (or as `values` say), and waits for the first word on how that went. */
export async function openQueue(t: Test, port: number, values: Values = {}): Promise<TestQueue> {
  const opened = new TestQueue({ REDIS_PORT: port, ...values });
  t.teardown(() => opened.queue.close());
  await opened.queue.connection.open();
  return opened;
}

/** One key as it stands in Redis. Lists are arrays, sets are sorted, hashes and sorted sets are objects. */
export interface Entry {
  readonly type: string;
  /** Seconds, rounded up; -1 for none. */
  readonly ttl: number;
  readonly value: unknown;
}

/** Everything in the client's database but the probe, which is gone at once. Times to live only on request. */
export async function dump(client: Redis): Promise<Record<string, Entry>> {
  const entries: Record<string, Entry> = {};
  for (const key of (await client.keys('*')).sort()) {
    if (key.endsWith('tgook:probe')) continue;
    const type = await client.type(key);
    const ttl = await client.pttl(key);
    entries[key] = { type, ttl: ttl < 0 ? ttl : Math.ceil(ttl / 1000), value: await read(client, key, type) };
  }
  return entries;
}

async function read(client: Redis, key: string, type: string): Promise<unknown> {
  switch (type) {
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return (await client.smembers(key)).sort();
    case 'hash':
      return client.hgetall(key);
    case 'zset': {
      const members: Record<string, string> = {};
      for (const member of await client.zrange(key, 0, '-1')) {
        members[member] = String(Number(await client.zscore(key, member)));
      }
      return members;
    }
    case 'stream':
      return client.xrange(key, '-', '+');
    default:
      return client.getBuffer(key).then(value => value?.toString('hex'));
  }
}

/** The update ids of the jobs on the list, in its order. */
export async function idsOnList(client: Redis, list: string): Promise<number[]> {
  return (await client.lrange(list, 0, -1)).map(payload => {
    const { command } = (JSON.parse(payload) as { data: { command: string } }).data;
    return Number(/"updateId";i:(\d+);/.exec(command)?.[1]);
  });
}

/** Stops a process and waits until it really stands still, or lets it go on. */
export async function signalled(redis: PrivateRedis, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  redis.process.kill(signal);
  if (signal === 'SIGCONT') await redis.client.ping();
}
