import { randomUUID } from 'node:crypto';
import type { ByteWriter } from '../php/byte-writer.js';
import { compileSerializer } from '../php/compile.js';
import { escapeJson, escapeToAscii } from '../php/escape.js';
import { constantString, objectHead } from '../php/scalars.js';
import type { JobFacts } from '../schema/facts.js';
import type { Settings } from '../settings/load.js';
import type { Update } from '../webhook/update.js';
import { compileEnvelope, type Envelope } from './envelope.js';
import { type Keys, SEEN_BITS } from './keys.js';

/** Writes what the job is given of an update, the value of its property: the typed object, or the body. */
type WriteUpdate = (writer: ByteWriter, pending: string, update: Update) => string;

function compileUpdate({ schema, APP_TIMEZONE }: Settings): WriteUpdate {
  if (schema.classes === undefined) return writeBody;
  const write = compileSerializer(schema.classes, APP_TIMEZONE);
  return (writer, pending, update) => write(writer, pending, update.value);
}

/** The body as a PHP string. Every body has quotes to escape, so there is no plain case to look for. */
function writeBody(writer: ByteWriter, pending: string, { text, bytes }: Update): string {
  if (bytes === text.length) return `${pending}s:${bytes}:\\"${escapeJson(text)}\\";`;
  writer.ascii(`${pending}s:${bytes}:\\"`);
  writer.utf8(escapeJson(text));
  return '\\";';
}

/** Stands in constants where the job has the time, in seconds. Escaped text holds no such character. */
const TIME = '\0';

/** serialize() of the job, around the value of the update. */
function compileJob(job: JobFacts, bot: string): [beforeUpdate: string, afterUpdate: string] {
  const properties = job.properties.map(property => {
    const name = constantString(property.name);
    if ('constant' in property) return name + escapeToAscii(property.constant);
    if (property.value === 'bot') return name + constantString(bot);
    return property.value === 'time' ? `${name}i:${TIME};` : name + UPDATE;
  });
  const text = `${objectHead(job.class, properties.length)}${properties.join('')}}`;
  const at = text.indexOf(UPDATE);
  return [text.slice(0, at), text.slice(at + UPDATE.length)];
}

const UPDATE = '\n';

/** What is the same for all updates of one bot. */
interface BotConstants {
  readonly envelope: Envelope;
  /** From the uuid up to the update's value. */
  readonly beforeUpdate: string;
  /** Behind it, up to where the envelope goes on. */
  readonly afterUpdate: string;
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
  readonly #writeUpdate: WriteUpdate;
  readonly #hasTime: boolean;
  readonly #envelopeOf: (tags: readonly string[]) => Envelope;
  readonly #bots = new Map<string, BotConstants>();

  constructor(
    readonly settings: Settings,
    readonly keys: Keys,
  ) {
    this.#writeUpdate = compileUpdate(settings);
    this.#hasTime = settings.schema.job.properties.some(
      property => 'value' in property && property.value === 'time',
    );
    this.#envelopeOf = compileEnvelope(settings);
  }

  /**
   * Writes the payload of one update as JSON.
   *
   * @param now milliseconds since 1970
   * @throws Misfit when the format cannot hold the update; the writer then holds a part of it
   */
  write(writer: ByteWriter, bot: string, update: Update, now: number): Job {
    const constants = this.#bots.get(bot) ?? this.#compileBot(bot);
    const { envelope, seenKey, tags, tagKeys } = constants;
    const id = randomUUID();
    const seconds = Math.floor(now / 1000);
    const time = unixTime(now);
    const beforeUpdate = this.#hasTime ? withTime(constants.beforeUpdate, seconds) : constants.beforeUpdate;
    const afterUpdate = this.#hasTime ? withTime(constants.afterUpdate, seconds) : constants.afterUpdate;
    const command = this.#writeUpdate(writer, envelope.beforeUuid + id + beforeUpdate, update) + afterUpdate;
    const createdAt = envelope.beforeId === undefined ? '' : seconds + envelope.beforeId;
    const pushedAt = envelope.afterPushedAt === undefined ? '' : time + envelope.afterPushedAt;
    writer.ascii(command + envelope.afterCommand + createdAt + id + envelope.afterId + pushedAt);
    const bitmap = Math.floor(update.id / SEEN_BITS);
    return { id, time, seenKey: seenKey + bitmap, seenBit: update.id % SEEN_BITS, tags, tagKeys };
  }

  #compileBot(bot: string): BotConstants {
    const tags = (this.settings.TGOOK_TAGS ?? []).map(tag => tag.replaceAll('{bot}', bot));
    const envelope = this.#envelopeOf(tags);
    const [beforeUpdate, afterUpdate] = compileJob(this.settings.schema.job, bot);
    const constants: BotConstants = {
      envelope,
      beforeUpdate: envelope.beforeCommand + beforeUpdate,
      afterUpdate,
      seenKey: `${this.keys.seen}${bot}:`,
      tags,
      tagKeys: tags.map(tag => this.keys.horizon + tag),
    };
    if (this.#bots.size >= MAX_BOTS) this.#bots.clear();
    this.#bots.set(bot, constants);
    return constants;
  }
}

function withTime(text: string, seconds: number): string {
  return text.replaceAll(TIME, String(seconds));
}

/** Milliseconds as PHP prints microtime(true), but always with a dot, since Horizon's readers expect one. */
function unixTime(now: number): string {
  const text = String(now / 1000);
  return text.includes('.') ? text : `${text}.0`;
}
