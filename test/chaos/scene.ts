import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../lib/demo/free-port.js';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { Stage } from '../../lib/demo/stage.js';
import { Random } from '../../lib/telegram/samples/random.js';
import { RedisProxy } from '../support/redis-proxy.js';
import { type Settings, startTgook, type Tgook } from '../support/tgook.js';
import type { Fault, Invariant, Play } from './fault.js';
import { Load, Requests, Updates } from './load.js';
import { Prober } from './prober.js';
import { Processes } from './processes.js';

/** Updates a second, and connections, of the simulated Telegram: enough to hit every window, few enough for two cores. */
const RATE = 400;
const SHORT_RATE = 200;
const CONNECTIONS = 40;

/** In a short play, what takes longer than this takes a share of its time, but no less than this. */
const SHORT_TIME = 2000;
const SHORT_SHARE = 0.25;

/** What did not hold. */
export interface Violation {
  /** None where it is of this fault alone. */
  readonly invariant: Invariant | undefined;
  readonly problem: string;
}

/** tgook as users start it, with a Redis of its own behind a proxy, and a Telegram that sends. */
export class Scene {
  readonly bot = 'chaos';
  readonly random: Random;
  readonly requests = new Requests();
  readonly violations: Violation[] = [];
  readonly updates: Updates;
  readonly loads: Load[] = [];
  readonly prober: Prober;
  readonly processes = new Processes(() => this.#running);
  /** All that there were; the checker drains each. */
  readonly stores: PrivateRedis[];
  readonly #running = new Set<Tgook>();
  readonly #stage: Stage;
  readonly #settings: Settings;
  readonly #later: Promise<unknown>[] = [];
  #tgook: Tgook | undefined;

  private constructor(
    stage: Stage,
    readonly play: Play,
    /** What tgook finds at REDIS_PORT. */
    readonly proxy: RedisProxy,
    redis: PrivateRedis,
    settings: Settings,
  ) {
    this.#stage = stage;
    this.stores = [redis];
    this.#settings = { REDIS_PORT: proxy.port, TGOOK_HORIZON: 'always', ...settings };
    this.random = new Random(play.seed);
    this.updates = new Updates(play.seed, play.short ? SHORT_RATE : RATE);
    this.prober = new Prober(this.bot, this.requests);
    stage.add(() => this.processes.close());
    stage.add(() => {
      this.updates.stop();
      for (const load of this.loads) load.close();
    });
  }

  /** Puts all of it up; tgook is ready, and nothing is sent yet. */
  static async open(fault: Pick<Fault, 'redis' | 'settings' | 'twice'>, play: Play): Promise<Scene> {
    const stage = new Stage();
    try {
      const redis = await startPrivateRedis(fault.redis);
      stage.add(() => redis.stop());
      const proxy = await new RedisProxy(redis.port).listen();
      stage.add(() => proxy.close());
      const scene = new Scene(stage, play, proxy, redis, fault.settings ?? {});
      scene.#tgook = await scene.startHost();
      if (fault.twice === 'to hosts') await scene.startHost();
      return scene;
    } catch (error) {
      await stage.clear();
      throw error;
    }
  }

  /** The Redis behind the proxy. */
  get redis(): PrivateRedis {
    return this.stores.at(-1)!;
  }

  /** The tgook that Telegram knows. */
  get tgook(): Tgook {
    return this.#tgook!;
  }

  /** Those that run. */
  get hosts(): ReadonlySet<Tgook> {
    return this.#running;
  }

  /** How many workers there are. */
  get workers(): number {
    return [...this.#running].reduce((sum, host) => sum + host.workers().length, 0);
  }

  /** Updates whose lifetime has ended before they were acknowledged by any host: inline queries live for 30 s. */
  get expired(): number {
    const [first, ...others] = this.loads.map(({ record }) => record);
    const isAcknowledged = (id: number) => others.some(record => record.get(id)?.acknowledged);
    return [...(first ?? [])].filter(([id, { expired }]) => expired && !isAcknowledged(id)).length;
  }

  /** Starts a tgook beside those that run, with the same settings. */
  async startHost(settings: Settings = {}): Promise<Tgook> {
    // A fixed one, as users have: the next process is to be found there again.
    const LISTEN_PORT = settings.LISTEN_PORT ?? (await freePort());
    const host = await startTgook({ ...this.#settings, ...settings, LISTEN_PORT });
    this.#running.add(host);
    this.#stage.add(() => host.stop('SIGKILL'));
    host.process.once('exit', () => this.#running.delete(host));
    return host;
  }

  /** Starts tgook where it was, after it has ended. */
  async startAgain(settings: Settings = {}): Promise<void> {
    this.#tgook = await this.startHost({ ...settings, LISTEN_PORT: this.tgook.port });
  }

  /** Begins to send: to each host, or twice to one. */
  start(twice: Fault['twice']): void {
    for (const host of this.hosts) this.send(host);
    if (twice === 'to workers') this.send();
  }

  /** A Telegram that sends to a host; what a second one sends are the updates of the first. */
  send(host: Tgook = this.tgook): Load {
    const load = new Load({
      url: host.url,
      bot: this.bot,
      seed: this.play.seed + this.loads.length,
      connections: CONNECTIONS,
      updates: this.loads.length === 0 ? this.updates.paced() : this.updates.follow(),
      requests: this.requests,
    });
    this.loads.push(load);
    return load;
  }

  /** Milliseconds of a fault, fewer in a short play. */
  lasting(milliseconds: number): number {
    if (!this.play.short || milliseconds <= SHORT_TIME) return milliseconds;
    return Math.max(SHORT_SHARE * milliseconds, SHORT_TIME);
  }

  /** Lets a fault last. */
  last(milliseconds: number): Promise<void> {
    return pause(this.lasting(milliseconds));
  }

  /** Repeats at this pace for a time; in a short play the time is shorter, and the pace the same. */
  async every(interval: number, milliseconds: number, strike: () => unknown): Promise<void> {
    const end = performance.now() + this.lasting(milliseconds);
    for (let due = performance.now(); due < end; due += interval) {
      await pause(Math.max(due - performance.now(), 0));
      await strike();
    }
  }

  /** Waits until something is so; where that takes too long, it is a violation. */
  async until(holds: () => boolean | Promise<boolean>, limit: number, what: string): Promise<void> {
    const end = performance.now() + limit;
    while (!(await holds())) {
      if (performance.now() > end) {
        this.violate(undefined, `not within ${limit} ms: ${what}`);
        return;
      }
      await pause(10);
    }
  }

  /** What must be so under this fault, or must have happened for it to prove anything. */
  check(holds: boolean, problem: string): void {
    if (!holds) this.violate(undefined, problem);
  }

  /** Something that is looked at beside what goes on: it is waited for at the end. */
  also(looking: Promise<unknown>): void {
    this.#later.push(looking);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#later);
  }

  /** What a fault has put up itself is taken down at the end. */
  afterwards(takeDown: () => unknown): void {
    this.#stage.add(takeDown);
  }

  violate(invariant: Invariant | undefined, problem: string): void {
    this.violations.push({ invariant, problem });
  }

  /** Takes everything down. */
  close(): Promise<void> {
    return this.#stage.clear();
  }
}
