import type { Redis } from 'ioredis';
import { StartError } from '../errors.js';
import { compileKeys, type Keys } from '../laravel/keys.js';
import type { Settings } from '../settings/load.js';
import { describeProblem } from './problems.js';
import { readReleased, release } from './release.js';

/** An update that is kept. Redis lets anyone add entries by hand: what is missing there is empty. */
export interface QuarantineEntry {
  /** In the stream: `1764000000000-0`. */
  readonly id: string;
  /** Milliseconds since 1970; undefined where it is missing or no time. */
  readonly time: number | undefined;
  readonly bot: string;
  readonly updateId: number | undefined;
  readonly reason: string;
  readonly body: Buffer;
}

/** Entries that are read at once: each holds a body, of TGOOK_MAX_BODY bytes at most. */
const PAGE = 16;

/** The quarantine as its commands see it. Where Redis fails, all throws StartError with the problem in one line. */
export class QuarantineStore {
  readonly keys: Keys;

  /** @param redis a client that does not reconnect, so that all commands of a transaction go to one connection */
  constructor(
    readonly redis: Redis,
    readonly settings: Settings,
  ) {
    this.keys = compileKeys(settings);
  }

  count(): Promise<number> {
    return this.ask(this.redis.xlen(this.keys.quarantine));
  }

  /** All entries, oldest first, as many as there are now: what is kept meanwhile may go on for ever. */
  async *entries(): AsyncGenerator<QuarantineEntry> {
    let left = await this.count();
    let start = '-';
    while (left > 0) {
      const page = await this.#read(start, '+', Math.min(left, PAGE));
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      start = `(${last.id}`;
      left -= page.length;
    }
  }

  /** @param id a complete one */
  async entry(id: string): Promise<QuarantineEntry | undefined> {
    return (await this.#read(id, id, 1))[0];
  }

  /** Takes an entry out, whatever is to become of its update. False when it was not there any more. */
  async drop(id: string): Promise<boolean> {
    return readReleased(await this.ask(release(this.redis, this.keys, id)));
  }

  /** @throws StartError in place of what the command throws */
  async ask<Reply>(command: Promise<Reply>): Promise<Reply> {
    try {
      return await command;
    } catch (error) {
      throw new StartError(describeProblem(this.settings, error as Error));
    }
  }

  async #read(start: string, end: string, count: number): Promise<QuarantineEntry[]> {
    const { redis, keys } = this;
    const page = await this.ask(redis.xrangeBuffer(keys.quarantine, start, end, 'COUNT', count));
    return page.map(([id, fields]) => entryOf(String(id), fields));
  }
}

/** A Date goes a little further: time zones need room. */
const END_OF_TIME = 8e15;

function entryOf(id: string, list: readonly Buffer[]): QuarantineEntry {
  const fields = new Map<string, Buffer>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(String(list[i]), list[i + 1]!);
  const text = (name: string): string => String(fields.get(name) ?? '');
  const time = integer(text('time'));
  return {
    id,
    time: time !== undefined && time < END_OF_TIME ? time : undefined,
    bot: text('bot'),
    updateId: integer(text('update_id')),
    reason: text('reason'),
    body: fields.get('body') ?? Buffer.alloc(0),
  };
}

function integer(text: string): number | undefined {
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}
