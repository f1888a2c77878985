import { loadavg } from 'node:os';
import type { Redis } from 'ioredis';
import type { Keys } from '../../../lib/laravel/keys.js';
import type { ProcessSample } from './processes.js';
import { Processes } from './processes.js';
import type { Supervised } from './supervised.js';
import type { Telegram } from './telegram.js';

/** Milliseconds between two looks. */
const INTERVAL = 5000;

/** What everything was like at one time, and since the time before. */
export interface Sample {
  /** Seconds since the load began. */
  readonly at: number;
  /** No fault was there, nor one so shortly before that its traces could still be seen. */
  readonly quiet: boolean;
  /** Updates acknowledged per second. */
  readonly rate: number;
  /** Requests per second that ended with anything but a 2xx. */
  readonly failures: number;
  /** Milliseconds from a request to its answer. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly slowest: number | undefined;
  readonly processes: readonly ProcessSample[];
  /** What Redis counts as used, in megabytes, and the jobs that no worker has taken yet; undefined while it is away. */
  readonly redis: number | undefined;
  readonly queue: number | undefined;
  /** Programs that wanted a CPU in the last minute, on the whole machine. */
  readonly load: number;
}

/** What is looked at. */
export interface Watched {
  readonly tgook: Supervised;
  readonly telegram: Telegram;
  /** A client that rejects soon while Redis is away. */
  readonly redis: Redis;
  readonly keys: Keys;
  /** The webhook's. */
  readonly port: number;
  /** The file that the preload writes to. */
  readonly inside: string;
  readonly isQuiet: () => boolean;
}

/** Looks at everything again and again. */
export class Sampler {
  readonly samples: Sample[] = [];
  /** By what the requests ended with that were not acknowledged. */
  readonly failures = new Map<string, number>();
  readonly #processes: Processes;
  readonly #begin = performance.now();
  #lastLook = this.#begin;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(readonly watched: Watched) {
    this.#processes = new Processes(watched.port, watched.inside);
  }

  /** Seconds since the beginning. */
  now(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  start(): void {
    this.watched.telegram.answers();
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, INTERVAL);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const now = performance.now();
    const seconds = (now - this.#lastLook) / 1000;
    this.#lastLook = now;
    const { tgook, telegram, isQuiet } = this.watched;
    const { acknowledged, failures, latencies } = telegram.answers();
    let failed = 0;
    for (const [outcome, count] of failures) {
      failed += count;
      this.failures.set(outcome, (this.failures.get(outcome) ?? 0) + count);
    }
    const workers = tgook.workers().map(pid => [pid, 'worker'] as const);
    const ofRedis = await this.#lookAtRedis();
    this.samples.push({
      at: this.now(),
      quiet: isQuiet(),
      rate: acknowledged / seconds,
      failures: failed / seconds,
      p50: present(latencies.percentile(50)),
      p99: present(latencies.percentile(99)),
      slowest: present(latencies.max),
      processes: this.#processes.look([[tgook.pid, 'primary'], ...workers], this.now()),
      ...ofRedis,
      load: loadavg()[0]!,
    });
  }

  async #lookAtRedis(): Promise<Pick<Sample, 'redis' | 'queue'>> {
    const { redis, keys } = this.watched;
    try {
      const [info, queue] = await Promise.all([redis.info('memory'), redis.llen(keys.list)]);
      return { redis: Number(/^used_memory:(\d+)/m.exec(info)?.[1]) / 1e6, queue };
    } catch {
      return { redis: undefined, queue: undefined };
    }
  }
}

function present(number: number): number | undefined {
  return Number.isNaN(number) ? undefined : number;
}
