import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command } from 'ioredis';
import { NotStored } from '../errors.js';
import type { Job, JobWriter } from '../laravel/job.js';
import type { Keys } from '../laravel/keys.js';
import { PACKAGE_ROOT } from '../paths.js';
import { ByteWriter } from '../php/byte-writer.js';
import { displayName } from '../schema/job.js';
import type { Settings } from '../settings/load.js';
import { kindsWithLifetime } from '../telegram/kinds.js';
import type { Update } from '../webhook/update.js';

/**
 * The one typed wrapper of enqueue.lua: it owns the order of KEYS and ARGV and the meaning of its reply.
 *
 * A call is written as RESP (Redis' wire protocol) straight into one buffer while its updates arrive: what
 * is handed to the client is sent as it is, without a copy or a second look at the payloads.
 */

/** What the script says of one update; the numbers are its own. */
export enum Outcome {
  Duplicate = 0,
  Enqueued = 1,
  WithoutHorizon = 2,
  Refused = 3,
  Full = 4,
}

const SCRIPT = readFileSync(`${PACKAGE_ROOT}lib/queue/enqueue.lua`, 'utf8');
const SHA = createHash('sha1').update(SCRIPT).digest('hex');

/** Free bytes in front of the arguments, for the command's head and its keys. */
const HEAD_ROOM = 32 * 1024;
const FIRST_CAPACITY = 256 * 1024;

/** A buffer that one huge update has grown is not kept. */
const LARGEST_KEPT = 2 * 1024 * 1024;

/** `$1234\r\n`, the length of most payloads, for which room is left. */
const LENGTH_ROOM = 7;

/** What is the same in every call, as RESP. */
export interface EnqueueConstants {
  readonly fixedKeys: string;
  readonly fixedKeyCount: number;
  readonly keysPerJob: number;
  readonly fixedArguments: string;
  readonly probeKey: string;
  readonly withHorizon: boolean;
  readonly horizonPrefix: string;
  /** The length at which the queue is full; undefined where it never is. */
  readonly limits: Limits | undefined;
}

/** Lengths of the queue's list, as arguments. */
interface Limits {
  readonly forMost: string;
  /** For updates that Telegram would soon drop. */
  readonly forUrgent: string;
}

const NO_LIMIT = bulk('0');

/** Seconds: what Telegram drops sooner, it cannot keep until the queue has room again. */
const URGENT_LIFETIME = 150;
const URGENT_KINDS = kindsWithLifetime(URGENT_LIFETIME);

function compileLimits({ TGOOK_QUEUE_MAX: most }: Settings): Limits | undefined {
  if (most === undefined) return undefined;
  return { forMost: bulk(String(most)), forUrgent: bulk(String(Math.ceil(most * 1.25))) };
}

function isUrgent({ value }: Update): boolean {
  for (const kind of URGENT_KINDS) if (value[kind] !== undefined) return true;
  return false;
}

const FIXED_ARGUMENTS = 6;

export function compileEnqueue(settings: Settings, keys: Keys): EnqueueConstants {
  const withHorizon = settings.TGOOK_HORIZON !== 'never';
  const tags = settings.TGOOK_TAGS?.length ?? 0;
  const horizonKeys = [keys.horizonSeen, keys.masters, keys.recentJobs, keys.pendingJobs, keys.monitoring];
  const fixedKeys = [keys.list, keys.notify, ...(withHorizon ? horizonKeys : [])];
  return {
    fixedKeys: fixedKeys.map(bulk).join(''),
    fixedKeyCount: fixedKeys.length,
    keysPerJob: withHorizon ? 2 + tags : 1,
    fixedArguments: [
      settings.TGOOK_HORIZON,
      String(tags),
      settings.TGOOK_QUEUE_CONNECTION,
      settings.TELEGRAM_UPDATES_QUEUE_NAME,
      displayName(settings.schema.job),
    ]
      .map(bulk)
      .join(''),
    probeKey: bulk(keys.probe),
    withHorizon,
    horizonPrefix: keys.horizon,
    limits: compileLimits(settings),
  };
}

/** A RESP bulk string of ASCII text. Settings and ids are ASCII by their rules. */
function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/** The updates of one call of the script, as they arrive. `Request` is whoever waits for the outcome. */
export class EnqueueCall<Request> {
  readonly requests: Request[] = [];
  /** When the first update came, by the clock that never jumps (performance.now()). */
  openedAt = 0;
  readonly #writer = new ByteWriter(FIRST_CAPACITY, HEAD_ROOM);
  #keys = '';
  #keyCount = 0;
  #argumentCount = 0;

  constructor(
    readonly constants: EnqueueConstants,
    readonly jobs: JobWriter,
  ) {}

  /** Bytes written so far. */
  get size(): number {
    return this.#writer.position - HEAD_ROOM;
  }

  /**
   * Adds one update.
   *
   * @param now milliseconds since 1970
   * @throws Misfit when the job's format cannot hold it; the call is then as it was before
   */
  add(bot: string, update: Update, request: Request, now: number): void {
    const writer = this.#writer;
    const start = writer.position;
    const payload = start + LENGTH_ROOM;
    writer.begin(LENGTH_ROOM);
    let job: Job;
    try {
      job = this.jobs.write(writer, bot, update, now);
    } catch (error) {
      writer.position = start;
      throw error;
    }
    writer.prefix(payload, `$${writer.position - payload}\r\n`, LENGTH_ROOM);
    this.#addRest(job, this.#limitOf(update));
    if (this.requests.push(request) === 1) this.openedAt = performance.now();
  }

  #limitOf(update: Update): string {
    const { limits } = this.constants;
    if (limits === undefined) return NO_LIMIT;
    return isUrgent(update) ? limits.forUrgent : limits.forMost;
  }

  /** Everything but the payload: the arguments behind it, and its keys. */
  #addRest(job: Job, limit: string): void {
    let text = `\r\n${bulk(String(job.seenBit))}${bulk(job.id)}${bulk(job.time)}${limit}`;
    this.#keys += bulk(job.seenKey);
    if (this.constants.withHorizon) {
      this.#keys += bulk(this.constants.horizonPrefix + job.id);
      for (const key of job.tagKeys) this.#keys += bulk(key);
    }
    for (const tag of job.tags) text += bulk(tag);
    this.#writer.ascii(text);
    this.#keyCount += this.constants.keysPerJob;
    this.#argumentCount += 5 + job.tags.length;
  }

  /**
   * The whole command: EVALSHA, or EVAL for a server that does not know the script. Without updates it asks
   * whether some could be stored.
   */
  command(now: number, name: 'EVALSHA' | 'EVAL'): EnqueueCommand {
    const { fixedKeys, fixedKeyCount, fixedArguments, probeKey } = this.constants;
    // Not by the requests: those of a call that took too long are gone, its updates are not.
    const isProbe = this.#keyCount === 0;
    const keys = fixedKeyCount + this.#keyCount + (isProbe ? 1 : 0);
    const parts = 3 + keys + FIXED_ARGUMENTS + this.#argumentCount;
    const script = bulk(name === 'EVALSHA' ? SHA : SCRIPT);
    const seconds = bulk(String(Math.floor(now / 1000)));
    const head =
      `*${parts}\r\n${bulk(name)}${script}${bulk(String(keys))}` +
      `${fixedKeys}${isProbe ? probeKey : this.#keys}${seconds}${fixedArguments}`;
    return new EnqueueCommand(name, this.#withHead(head));
  }

  #withHead(head: string): Buffer {
    const { buffer, position } = this.#writer;
    if (head.length > HEAD_ROOM) {
      return Buffer.concat([Buffer.from(head, 'latin1'), buffer.subarray(HEAD_ROOM, position)]);
    }
    const start = HEAD_ROOM - head.length;
    buffer.write(head, start, 'latin1');
    return buffer.subarray(start, position);
  }

  /**
   * Empties the call for the next batch, after its reply.
   *
   * @returns false when it should be thrown away instead
   */
  reset(): boolean {
    this.requests.length = 0;
    this.#writer.position = HEAD_ROOM;
    this.#keys = '';
    this.#keyCount = 0;
    this.#argumentCount = 0;
    return this.#writer.buffer.length <= LARGEST_KEPT;
  }
}

/**
 * The script's reply, held against what it may be.
 *
 * @throws NotStored when it is anything else: whoever answers there is not Redis
 */
export function readOutcomes(reply: unknown, updates: number): readonly Outcome[] {
  if (Array.isArray(reply) && reply.length === updates && reply.every(isOutcome)) return reply;
  throw new NotStored('the answer is not that of the script: this is not a Redis server');
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'number' && Outcome[value] !== undefined;
}

/** A command whose RESP is there already. */
export class EnqueueCommand extends Command {
  readonly #resp: Buffer;

  constructor(name: string, resp: Buffer) {
    super(name, []);
    this.#resp = resp;
  }

  override toWritable(): Buffer {
    return this.#resp;
  }
}
