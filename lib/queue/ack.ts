import { Command } from 'ioredis';
import { NotStored } from '../errors.js';
import type { Settings } from '../settings/load.js';
import type { Ack } from '../settings/values.js';
import type { Connection } from './connection.js';

/**
 * How long Redis may wait for its disk or its replicas, in milliseconds. `appendfsync everysec` writes once a
 * second and may be late by a tenth; the client takes a server for dead after 1500 (socketTimeout).
 */
const PATIENCE = 1300;

/** What is asked behind a write, and what the answer must be. */
interface Question {
  readonly name: 'WAIT' | 'WAITAOF';
  readonly arguments: readonly number[];
  /** How many have the write, in the answer. */
  readonly count: (reply: unknown) => unknown;
  readonly needed: number;
}

function compileQuestion(ack: Ack): Question | undefined {
  if (ack === 'redis') return undefined;
  if (ack === 'aof') {
    const count = (reply: unknown): unknown => (Array.isArray(reply) ? reply[0] : undefined);
    return { name: 'WAITAOF', arguments: [1, 0, PATIENCE], count, needed: 1 };
  }
  const needed = replicasOf(ack);
  return { name: 'WAIT', arguments: [needed, PATIENCE], count: reply => reply, needed };
}

/** How many replicas must have a write; 0 where none is asked. */
export function replicasOf(ack: Ack): number {
  return ack.startsWith('replicas:') ? Number(ack.slice('replicas:'.length)) : 0;
}

/** Writes are not confirmed as TGOOK_ACK asks, in the words that describeProblem() knows a mend for. */
export function unconfirmed(ack: Ack): string {
  if (ack === 'aof') return 'its writes do not get to the disk in time, as TGOOK_ACK=aof asks';
  const replicas = replicasOf(ack);
  return `its writes do not get to ${replicas} ${replicas === 1 ? 'replica' : 'replicas'} in time, as TGOOK_ACK=${ack} asks`;
}

/**
 * Asks whether what one connection has written is as safe as TGOOK_ACK wants it. While Redis waits, the
 * connection does nothing else; hence one question at a time, which stands for all that was written before it.
 */
export class Confirmations {
  readonly #question: Question;
  #inFlight: Promise<void> | undefined;
  /** Not sent yet: whatever is written until then may rely on it. */
  #next: Promise<void> | undefined;

  /** Undefined where the reply to the write is enough. */
  static of(connection: Connection, { TGOOK_ACK: ack }: Settings): Confirmations | undefined {
    const question = compileQuestion(ack);
    return question && new Confirmations(connection, ack, question);
  }

  private constructor(
    readonly connection: Connection,
    readonly ack: Ack,
    question: Question,
  ) {
    this.#question = question;
  }

  /**
   * Resolves once all that was sent on the connection by now is confirmed. What fails is told to the connection.
   *
   * @throws NotStored when it is not, or not known to be
   */
  confirm(): Promise<void> {
    this.#next ??= this.#ask();
    return this.#next;
  }

  async #ask(): Promise<void> {
    const { redis } = this.connection;
    const { stream } = redis;
    // Also with none in flight: what else is written in this turn of the event loop is asked for together.
    await this.#inFlight?.catch(() => {});
    this.#inFlight = this.#next;
    this.#next = undefined;
    try {
      // A new connection has written nothing, and would confirm that.
      if (redis.stream !== stream) throw new NotStored('the connection was lost');
      await this.#askNow();
    } finally {
      this.#inFlight = undefined;
    }
  }

  async #askNow(): Promise<void> {
    const { name, arguments: given, count, needed } = this.#question;
    try {
      const confirmed = count(await this.connection.send(new Command(name, [...given])));
      if (typeof confirmed !== 'number') throw new NotStored(`the answer is not that of ${name}`);
      if (confirmed < needed) throw new NotStored(unconfirmed(this.ack));
    } catch (error) {
      this.connection.noteWrite(error as Error);
      throw error;
    }
  }
}
