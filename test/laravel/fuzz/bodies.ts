import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type PrivateRedis, startPrivateRedis } from '../../../lib/demo/private-redis.js';
import { compileKeys, type Keys } from '../../../lib/laravel/keys.js';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { readBundledSchema } from '../../../lib/schema/bundled.js';
import { type GoldenUpdate, type Payload, readGolden } from '../../support/golden.js';
import { settingsOf } from '../../support/queue.js';
import { post, startTgook, type Tgook } from '../../support/tgook.js';
import { damage } from './damage.js';
import { DocumentArbitrary } from './document-arbitrary.js';
import { JsonDocument, type ObjectTree, parseTree } from './json-tree.js';
import { Judge, type JudgeOptions, type Outcome } from './judge.js';
import { pick } from './random.js';
import { check, type Run } from './runs.js';
import { updates } from './updates.js';

const ZONE = 'Europe/Moscow';
const BOT = 'main';

const POP = readFileSync(`${PACKAGE_ROOT}lib/laravel/pop.lua`, 'utf8');

/**
 * Damaged bodies through HTTP and Redis to the job that a worker pops, held against PHP. tgook must answer each 200
 * or 400, and no worker of it may die.
 *
 * @throws Error with the smallest body for which that is not so
 */
export async function fuzzBodies(run: Run, options: JudgeOptions): Promise<Record<Outcome['kind'], number>> {
  const judge = new Judge(options);
  const redis = await startPrivateRedis();
  const settings = {
    REDIS_PORT: redis.port,
    APP_TIMEZONE: ZONE,
    TGOOK_JOB_FORMAT: options.format,
    TGOOK_SCHEMA: options.schema,
  };
  const keys = compileKeys(settingsOf(settings));
  let tgook = await startTgook(settings);
  const outcomes = { job: 0, misfit: 0, 'not-an-update': 0 };
  const fuzz = async (body: Buffer<ArrayBuffer>): Promise<void> => {
    const outcome = await deliver(tgook, redis, keys, body);
    const problem = await judge.problem({ body, outcome, zone: ZONE, bot: BOT });
    if (problem !== undefined) throw new Error(problem);
    outcomes[outcome.kind]++;
  };
  const holds = async (body: Body): Promise<void> => {
    try {
      await fuzz(body.bytes());
    } catch (error) {
      // A smaller body is then tried on workers that are all alive.
      await tgook.stop('SIGKILL');
      tgook = await startTgook(settings);
      throw error;
    }
  };
  try {
    await check(
      `bodies --format ${options.format} --schema ${options.schema}`,
      bodies(options.schema),
      holds,
      run,
    );
    return outcomes;
  } finally {
    await judge.close();
    await tgook.stop('SIGKILL');
    await redis.stop();
  }
}

/** Posts a body to a tgook that has not seen any, and pops what became of it. */
async function deliver(
  tgook: Tgook,
  { client }: PrivateRedis,
  keys: Keys,
  body: Uint8Array<ArrayBuffer>,
): Promise<Outcome> {
  await client.flushall();
  const workers = tgook.workers();
  const answer = await post(tgook, BOT, body);
  await answer.arrayBuffer();
  if (answer.status !== 200 && answer.status !== 400) throw new Error(`answered ${answer.status}`);
  const hasDied = tgook.log.some(({ msg }) => msg.includes('a worker died'));
  if (hasDied || !isDeepStrictEqual(tgook.workers(), workers)) throw new Error('a worker died');

  const [jobs, quarantined, popped] = await Promise.all([
    client.llen(keys.list),
    client.xlen(keys.quarantine),
    client.callBuffer('EVAL', POP, 3, keys.list, `${keys.list}:reserved`, keys.notify, 0) as Promise<
      Buffer[]
    >,
  ]);
  if (jobs + quarantined !== (answer.status === 200 ? 1 : 0)) {
    throw new Error(`answered ${answer.status}, with ${jobs} jobs and ${quarantined} in quarantine`);
  }
  if (jobs === 0) return { kind: quarantined === 1 ? 'misfit' : 'not-an-update' };
  const [payload, reserved] = popped as [Buffer, Buffer];
  if (commandOf(payload) !== commandOf(reserved)) throw new Error('another job after a failed attempt');
  return { kind: 'job', payload };
}

const commandOf = (payload: Buffer): string => (JSON.parse(payload.toString()) as Payload).data.command;

/** A piece of the body that is taken out, and what comes in its place. */
interface Splice {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

class Body {
  constructor(
    readonly document: JsonDocument,
    readonly splices: readonly Splice[],
  ) {}

  bytes(): Buffer<ArrayBuffer> {
    let bytes = Buffer.from(this.document.toString());
    for (const { at, remove, insert } of this.splices) {
      const from = at % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
    }
    return bytes;
  }

  /** For the report of a failure. */
  [fc.toStringMethod](): string {
    const bytes = this.bytes();
    return `${JSON.stringify(bytes.toString())}, in base64 ${bytes.toString('base64')}`;
  }
}

/** Bytes that are not UTF-8, or that JSON gives a meaning. */
const BYTES = [
  ...['c080', 'eda080', 'f4908080', 'ff', '80', 'e282', 'efbbbf', '00', '0a', 'e280a8'],
  ...['"', '\\', '{', '}', '[', ']', ',', ':', '\\ud800', '\\u0000', '-', 'e9', '0'].map(text =>
    Buffer.from(text).toString('hex'),
  ),
].map(hex => new Uint8Array(Buffer.from(hex, 'hex')));

function bodies(schema: string): fc.Arbitrary<Body> {
  const splice: fc.Arbitrary<Splice> = fc.record({
    at: fc.nat(),
    remove: fc.oneof({ weight: 9, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.nat() }),
    insert: fc.oneof(fc.constantFrom(...BYTES), fc.uint8Array({ maxLength: 4 })),
  });
  const splices = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(splice, { minLength: 1, maxLength: 3 }) },
  );
  const documents = fc.oneof(damagedGolden(), updates(readBundledSchema(schema)));
  return fc.tuple(documents, splices).map(([document, splices]) => new Body(document, splices));
}

function damagedGolden(): DocumentArbitrary {
  const golden = readGolden<GoldenUpdate>('updates.jsonl').map(({ body }) => parseTree(body) as ObjectTree);
  return new DocumentArbitrary(random => {
    const tree = structuredClone(pick(random, golden));
    damage(random, tree, random.nextInt(0, 3));
    return new JsonDocument(tree);
  });
}
