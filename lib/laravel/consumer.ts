import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { PACKAGE_ROOT } from '../paths.js';
import type { Keys } from './keys.js';

const SCRIPT = readFileSync(`${PACKAGE_ROOT}lib/laravel/pop.lua`, 'utf8');

/** Seconds after which Laravel takes a job that was not finished for abandoned (retry_after). */
const RETRY_AFTER = 90;

/** Milliseconds to wait where the queue is empty, or Redis away. */
const PAUSE = 20;

/** A job that was taken from the queue. */
export interface TakenJob {
  readonly bot: string;
  readonly updateId: number;
  /** Two jobs have different ones; a job that is taken twice has one. */
  readonly uuid: string;
  /** `data.command`: PHP's serialize() of the job object. */
  readonly command: string;
}

type PopScript = (
  list: string,
  reserved: string,
  notify: string,
  expiry: number,
) => Promise<[payload: string, reserved: string] | []>;

/**
 * Takes jobs with the steps of a Laravel worker: pop and reserve in one script, work, delete. For whoever
 * must know what arrived and has no PHP: the demo, the tests.
 */
export class LaravelConsumer {
  readonly #redis: Redis;
  readonly #pop: PopScript;
  readonly #reserved: string;
  readonly #workers: Promise<void>[] = [];
  #finishing = false;
  #closed = false;
  #unreadable: Error | undefined;

  /**
   * @param redis a client that serves nothing that blocks
   * @param onJob told of each job, in place of its work
   */
  constructor(
    redis: Redis,
    readonly keys: Pick<Keys, 'list' | 'notify'>,
    readonly onJob: (job: TakenJob) => void,
  ) {
    const client = redis as Redis & { laravelPop: PopScript };
    client.defineCommand('laravelPop', { numberOfKeys: 3, lua: SCRIPT });
    this.#redis = redis;
    this.#pop = client.laravelPop.bind(client);
    this.#reserved = `${keys.list}:reserved`;
  }

  /** @param workers how many jobs are worked on at a time */
  start(workers = 4): void {
    for (let i = 0; i < workers; i++) this.#workers.push(this.#work());
  }

  /**
   * Resolves when the queue is empty. Nothing may be pushed any more.
   *
   * @throws Error when there was a job on the queue that is not tgook's
   */
  async finish(): Promise<void> {
    this.#finishing = true;
    await Promise.all(this.#workers);
    if (!this.#closed) await this.#recover();
    if (this.#unreadable !== undefined) throw this.#unreadable;
  }

  /** Stops at once; what is on the queue stays there. */
  close(): void {
    this.#closed = true;
  }

  async #work(): Promise<void> {
    while (!this.#closed) {
      const popped = await this.#popOne();
      if (popped?.length === 2) await this.#done(...popped);
      // Only an answer that says so means that the queue is empty.
      else if (this.#finishing && popped !== undefined) return;
      else await sleep(PAUSE);
    }
  }

  /** @returns undefined where Redis did not answer */
  async #popOne(): Promise<Awaited<ReturnType<PopScript>> | undefined> {
    const expiry = Math.floor(Date.now() / 1000) + RETRY_AFTER;
    try {
      return await this.#pop(this.keys.list, this.#reserved, this.keys.notify, expiry);
    } catch {
      return undefined;
    }
  }

  /** The job's work, and its end. Where the end fails, #recover() finds the job once more. */
  async #done(payload: string, reserved: string): Promise<void> {
    try {
      this.onJob(readJob(payload));
    } catch (error) {
      this.#unreadable ??= error as Error;
    }
    await this.#redis.zrem(this.#reserved, reserved).catch(() => {});
  }

  /** Jobs whose pop was answered into a broken connection. A worker would get them after RETRY_AFTER. */
  async #recover(): Promise<void> {
    for (const job of await this.#redis.zrange(this.#reserved, '0', '-1')) await this.#done(job, job);
  }
}

/** What a worker that is through leaves empty, and is not; a line each, as `3 jobs`. */
export async function leftOvers(
  redis: Redis,
  { list, notify }: Pick<Keys, 'list' | 'notify'>,
): Promise<string[]> {
  const [jobs, notifications, reserved] = await Promise.all([
    redis.llen(list),
    redis.llen(notify),
    redis.zcard(`${list}:reserved`),
  ]);
  const left = { jobs, notifications, 'reserved jobs': reserved };
  return Object.entries(left).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
}

/** `O:33:"App\Jobs\…":2:{s:5:"botId";s:4:"demo";s:6:"update";` — the class and the ids hold no quotes. */
const HEAD = /^O:\d+:"[^"]+":\d+:\{s:\d+:"(?:botId|bot_id)";s:\d+:"([^"]*)";s:6:"update";/;
/** The first property of phptg's Update that is filled. */
const UPDATE_ID = /s:8:"updateId";i:(\d+);/;
const BODY = /^s:(\d+):"/;

/**
 * Reads which update a job is for, in any of the formats.
 *
 * @throws Error when the payload is not one of tgook's jobs
 */
export function readJob(payload: string): TakenJob {
  const { uuid, data } = JSON.parse(payload) as { uuid: string; data: { command: string } };
  const { command } = data;
  const head = HEAD.exec(command);
  if (head === null) throw new Error(`not a job of tgook: ${command.slice(0, 100)}`);
  const rest = command.slice(head[0].length);
  return { bot: head[1] ?? '', updateId: updateIdOf(rest), uuid, command };
}

function updateIdOf(update: string): number {
  const length = BODY.exec(update);
  if (length === null) return Number(UPDATE_ID.exec(update)?.[1]);
  const bytes = Buffer.from(update.slice(length[0].length)).subarray(0, Number(length[1]));
  return (JSON.parse(bytes.toString()) as { update_id: number }).update_id;
}
