import { randomUUID } from 'node:crypto';
import { readBundledSchema } from '../php/bundled.js';
import type { ByteWriter } from '../php/byte-writer.js';
import { compileSerializer } from '../php/compile.js';
import { escapeJson } from '../php/escape.js';
import { constantString, objectHead } from '../php/scalars.js';
import type { Settings } from '../settings/load.js';
import type { Update } from '../webhook/update.js';
import { compileEnvelope, type Envelope } from './envelope.js';
import { type Keys, SEEN_BITS } from './keys.js';

/**
 * The job formats: what stands in `data.command`, PHP's serialize() of the job object.
 *
 *     object  O:33:"App\Jobs\ProcessTelegramUpdateJob":2:{botId, update: Phptg\BotApi\Type\Update\Update}
 *     json    the same class, with the body as a string for update
 *     legacy  O:29:"App\Jobs\ProcessTelegramUpdate":3:{bot_id, update: the body, timestamp}
 */
interface Format {
  readonly botProperty: 'botId' | 'bot_id';
  readonly properties: number;
  /** Writes the value of `update` and what follows it, up to the brace that closes the job. */
  readonly write: (writer: ByteWriter, pending: string, update: Update, seconds: number) => string;
}

function compileFormat(settings: Settings): Format {
  switch (settings.TGOOK_JOB_FORMAT) {
    case 'object': {
      const write = compileSerializer(readBundledSchema(settings.TGOOK_SCHEMA), settings.APP_TIMEZONE);
      return {
        botProperty: 'botId',
        properties: 2,
        write: (writer, pending, update) => `${write(writer, pending, update.value)}}`,
      };
    }
    case 'json':
      return {
        botProperty: 'botId',
        properties: 2,
        write: (writer, pending, update) => `${writeBody(writer, pending, update)}}`,
      };
    case 'legacy': {
      const timestamp = constantString('timestamp');
      return {
        botProperty: 'bot_id',
        properties: 3,
        write: (writer, pending, update, seconds) =>
          `${writeBody(writer, pending, update)}${timestamp}i:${seconds};}`,
      };
    }
  }
}

/** The body as a PHP string. Every body has quotes to escape, so there is no plain case to look for. */
function writeBody(writer: ByteWriter, pending: string, { text, bytes }: Update): string {
  if (bytes === text.length) return `${pending}s:${bytes}:\\"${escapeJson(text)}\\";`;
  writer.ascii(`${pending}s:${bytes}:\\"`);
  writer.utf8(escapeJson(text));
  return '\\";';
}

/** What is the same for all updates of one bot. */
interface BotConstants {
  readonly envelope: Envelope;
  /** From the uuid up to the value of `update`. */
  readonly beforeUpdate: string;
  readonly seenKey: string;
  readonly tags: readonly string[];
  readonly tagKeys: readonly string[];
}

/** The job of one update: where it is written, and what the enqueue script needs to know of it. */
export interface Job {
  readonly id: string;
  /** Unix seconds with a fraction, as Horizon writes times: `1764000000.123`. */
  readonly time: string;
  readonly seenKey: string;
  /** The update's bit in the bitmap at `seenKey`. */
  readonly seenBit: number;
  readonly tags: readonly string[];
  readonly tagKeys: readonly string[];
}

/** Constants kept for at most this many bots: ids come from the path, and TGOOK_BOTS may be unset. */
const MAX_BOTS = 1000;

/** Makes the payloads: the envelope, and in it the job. */
export class JobWriter {
  readonly #format: Format;
  readonly #envelopeOf: (tags: readonly string[]) => Envelope;
  readonly #bots = new Map<string, BotConstants>();

  constructor(
    readonly settings: Settings,
    readonly keys: Keys,
  ) {
    this.#format = compileFormat(settings);
    this.#envelopeOf = compileEnvelope(settings);
  }

  /**
   * Writes the payload of one update as JSON.
   *
   * @param now milliseconds since 1970
   * @throws Misfit when the format cannot hold the update; the writer then holds a part of it
   */
  write(writer: ByteWriter, bot: string, update: Update, now: number): Job {
    const { envelope, beforeUpdate, seenKey, tags, tagKeys } = this.#bots.get(bot) ?? this.#compileBot(bot);
    const id = randomUUID();
    const seconds = Math.floor(now / 1000);
    const time = unixTime(now);
    const head = envelope.beforeUuid + id + beforeUpdate;
    const command = this.#format.write(writer, head, update, seconds);
    const createdAt = envelope.beforeId === undefined ? '' : seconds + envelope.beforeId;
    const pushedAt = envelope.afterPushedAt === undefined ? '' : time + envelope.afterPushedAt;
    writer.ascii(command + envelope.afterCommand + createdAt + id + envelope.afterId + pushedAt);
    const bitmap = Math.floor(update.id / SEEN_BITS);
    return { id, time, seenKey: seenKey + bitmap, seenBit: update.id % SEEN_BITS, tags, tagKeys };
  }

  #compileBot(bot: string): BotConstants {
    const tags = (this.settings.TGOOK_TAGS ?? []).map(tag => tag.replaceAll('{bot}', bot));
    const envelope = this.#envelopeOf(tags);
    const { botProperty, properties } = this.#format;
    const constants: BotConstants = {
      envelope,
      beforeUpdate:
        envelope.beforeCommand +
        objectHead(this.settings.TGOOK_JOB_CLASS, properties) +
        constantString(botProperty) +
        constantString(bot) +
        constantString('update'),
      seenKey: `${this.keys.seen}${bot}:`,
      tags,
      tagKeys: tags.map(tag => this.keys.horizon + tag),
    };
    if (this.#bots.size >= MAX_BOTS) this.#bots.clear();
    this.#bots.set(bot, constants);
    return constants;
  }
}

/** Milliseconds as PHP prints microtime(true), but always with a dot, since Horizon's readers expect one. */
function unixTime(now: number): string {
  const text = String(now / 1000);
  return text.includes('.') ? text : `${text}.0`;
}
