import fc from 'fast-check';
import { Misfit, NotAnUpdate } from '../../../lib/errors.js';
import { JobWriter } from '../../../lib/laravel/job.js';
import { compileKeys } from '../../../lib/laravel/keys.js';
import { ByteWriter } from '../../../lib/php/byte-writer.js';
import { readBundledSchema } from '../../../lib/schema/bundled.js';
import { parseUpdate } from '../../../lib/webhook/update.js';
import { settingsOf } from '../../support/queue.js';
import type { JsonDocument } from './json-tree.js';
import { Judge, type JudgeOptions, type Outcome } from './judge.js';
import { check, type Run } from './runs.js';
import { updates } from './updates.js';

const ZONES = ['UTC', 'Europe/Moscow', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
const BOTS = ['main', '123456789:AA-b_c.D'];

/** Cases on their way at a time: one is made while PHP looks at another. */
const LANES = 4;

export interface Proof extends Record<Outcome['kind'], number> {
  /** Properties that no job had filled, as `Class.property`. */
  readonly unseen: readonly string[];
}

/**
 * Updates made from the class facts, from the bytes of the body to those of the payload, held against PHP.
 *
 * @throws Error with the smallest update for which they differ
 */
export async function proveUpdates(run: Run, options: Omit<JudgeOptions, 'format'>): Promise<Proof> {
  const judge = new Judge({ format: 'object', ...options });
  const outcomes = { job: 0, misfit: 0, 'not-an-update': 0 };
  const encoders = new Map(ZONES.map(zone => [zone, new Encoder(options.schema, zone)]));
  const updatesOfBots = fc.tuple(
    updates(readBundledSchema(options.schema)),
    fc.constantFrom(...ZONES),
    fc.constantFrom(...BOTS),
  );
  type UpdateOfBot = [document: JsonDocument, zone: string, bot: string];
  const holds = async ([document, zone, bot]: UpdateOfBot): Promise<void> => {
    const body = Buffer.from(document.toString());
    const outcome = encoders.get(zone)!.take(bot, body);
    const problem = await judge.problem({ body, outcome, zone, bot });
    if (problem !== undefined) throw new Error(problem);
    outcomes[outcome.kind]++;
  };
  try {
    const lanes = run.path === undefined ? LANES : 1;
    const cases = Math.ceil(run.cases / lanes);
    await Promise.all(
      Array.from({ length: lanes }, (_, lane) =>
        check(`updates --schema ${options.schema}`, updatesOfBots, holds, {
          ...run,
          cases,
          seed: run.seed + lane,
        }),
      ),
    );
    return { ...outcomes, unseen: await judge.unseen() };
  } finally {
    await judge.close();
  }
}

/** The way of a body through a worker, without HTTP and Redis. */
class Encoder {
  readonly #jobs: JobWriter;
  readonly #writer = new ByteWriter(64, 0);

  constructor(schema: string, zone: string) {
    const settings = settingsOf({ TGOOK_SCHEMA: schema, APP_TIMEZONE: zone });
    this.#jobs = new JobWriter(settings, compileKeys(settings));
  }

  take(bot: string, body: Buffer): Outcome {
    this.#writer.position = 0;
    this.#writer.begin(0);
    try {
      this.#jobs.write(this.#writer, bot, parseUpdate(body), Date.now());
    } catch (error) {
      if (error instanceof NotAnUpdate) return { kind: 'not-an-update' };
      if (error instanceof Misfit) return { kind: 'misfit' };
      throw error;
    }
    return { kind: 'job', payload: this.#writer.buffer.subarray(0, this.#writer.position) };
  }
}
