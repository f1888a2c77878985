import fastJsonStringify from 'fast-json-stringify';
import { displayName } from '../schema/job.js';
import type { Settings } from '../settings/load.js';

/**
 * The JSON around the job: what Laravel's Queue::createObjectPayload(), RedisQueue::createPayloadArray() and
 * Horizon's JobPayload::prepare() put there, field by field and in their order. The parts that never change
 * are cut out of the serializer's own output at boot; an update puts its own between them.
 */
export interface Envelope {
  readonly beforeUuid: string;
  readonly beforeCommand: string;
  /** Up to createdAt, or up to the id where the version has no createdAt. */
  readonly afterCommand: string;
  /** From createdAt to the id; undefined for Laravel 11. */
  readonly beforeId: string | undefined;
  readonly afterId: string;
  /** Behind pushedAt; undefined where Horizon's fields are left out. */
  readonly afterPushedAt: string | undefined;
}

/**
 * Stand-ins that the output is cut at, each at its first place behind the one before. Behind the command no
 * text may hold a space; before it stands the job's display name, and only the command is not escaped.
 */
const UUID = ' uuid ';
const COMMAND = '\0';
const CREATED_AT = 2 ** 53 - 1;
const PUSHED_AT = ' pushedAt ';

const string = { type: 'string' } as const;
const none = { type: 'null' } as const;
const boolean = { type: 'boolean' } as const;
/** What the job class may set, to a number, a list as text, or nothing. */
const any = {} as const;

type EnvelopeOptions = Pick<Settings, 'TGOOK_LARAVEL' | 'TGOOK_HORIZON' | 'schema'>;

/** @returns makes the envelope for the tags of one bot */
export function compileEnvelope(settings: EnvelopeOptions): (tags: readonly string[]) => Envelope {
  const { TGOOK_LARAVEL: laravel, schema } = settings;
  const { class: job, payload } = schema.job;
  const withHorizon = settings.TGOOK_HORIZON !== 'never';
  const stringify = fastJsonStringify({ type: 'object', properties: fields(laravel, withHorizon) });

  return tags => {
    const json = stringify({
      uuid: UUID,
      displayName: displayName(schema.job),
      job: 'Illuminate\\Queue\\CallQueuedHandler@call',
      maxTries: null,
      maxExceptions: null,
      failOnTimeout: false,
      countCrashesAsExceptions: false,
      backoff: null,
      timeout: null,
      retryUntil: null,
      deleteWhenMissingModels: false,
      ...payload,
      data: { commandName: job, command: COMMAND, batchId: null },
      createdAt: CREATED_AT,
      id: UUID,
      attempts: 0,
      delay: null,
      type: 'job',
      tags,
      silenced: false,
      pushedAt: PUSHED_AT,
    });
    const [beforeUuid = '', beforeCommand = '', rest = ''] = splitOnce(json, UUID, COMMAND);
    const [beforeId, id] = laravel === '11' ? [undefined, rest] : splitOnce(rest, String(CREATED_AT));
    const [upToId = '', tail = ''] = splitOnce(id ?? '', UUID);
    const [afterId = '', afterPushedAt] = withHorizon ? splitOnce(tail, PUSHED_AT) : [tail];
    return beforeId === undefined
      ? { beforeUuid, beforeCommand, afterCommand: upToId, beforeId: undefined, afterId, afterPushedAt }
      : { beforeUuid, beforeCommand, afterCommand: beforeId, beforeId: upToId, afterId, afterPushedAt };
  };
}

/** The schema's properties: fast-json-stringify writes them in this order and nothing else. */
function fields(laravel: Settings['TGOOK_LARAVEL'], withHorizon: boolean): Record<string, object> {
  const data = { commandName: string, command: { type: 'string', format: 'unsafe' } };
  return {
    uuid: string,
    displayName: string,
    job: string,
    maxTries: any,
    maxExceptions: any,
    failOnTimeout: any,
    ...(laravel === '13' && { countCrashesAsExceptions: any }),
    backoff: any,
    timeout: any,
    retryUntil: none,
    ...(laravel === '13' && { deleteWhenMissingModels: any }),
    data: { type: 'object', properties: laravel === '11' ? data : { ...data, batchId: none } },
    ...(laravel !== '11' && { createdAt: { type: 'integer' } }),
    id: string,
    attempts: { type: 'integer' },
    ...(laravel !== '11' && { delay: none }),
    ...(withHorizon && {
      type: string,
      tags: { type: 'array', items: string },
      silenced: boolean,
      pushedAt: string,
    }),
  };
}

/** Splits at the first of each separator, in their order. */
function splitOnce(text: string, ...separators: string[]): string[] {
  const parts: string[] = [];
  let rest = text;
  for (const separator of separators) {
    const at = rest.indexOf(separator);
    parts.push(rest.slice(0, at));
    rest = rest.slice(at + separator.length);
  }
  return [...parts, rest];
}
