import type { Test } from 'tap';
import { type PrivateRedis, startPrivateRedis } from '../../lib/demo/private-redis.js';
import { LIST } from './load.js';
import { STREAM } from './quarantine.js';
import { RawConnection } from './raw-connection.js';
import { type Settings, startTgook, type Tgook, textUpdate } from './tgook.js';

export const SECRET = 'the-secret_1';
export const NEXT_SECRET = 'next-secret';
export const PATH = '/telegram/bot/webhook/main';
export const LIMIT = 4096;
export const HOST = 'Host: example.org';
export const CHUNKED = 'Transfer-Encoding: chunked';

/**
 * A row of a table: a name, the answers, and the bytes that must get them. `400|501` is one answer, `200 400`
 * are two; with `end` the server closes the connection behind them, and otherwise it must not.
 */
export type Row = readonly [name: string, answers: string, sent: string | Uint8Array];

let lastId = 0;

/** The body of an update that has not been sent before. */
export function freshUpdate(): string {
  return textUpdate(++lastId);
}

/** The bytes of a good request, to be spoiled. `null` leaves the secret out. */
export function request(
  changes: { start?: string; headers?: readonly string[]; body?: string; secret?: string | null } = {},
): string {
  const body = changes.body ?? freshUpdate();
  const secret = changes.secret === undefined ? SECRET : changes.secret;
  const lines = [
    changes.start ?? `POST ${PATH} HTTP/1.1`,
    ...(changes.headers ?? [HOST, lengthOf(body)]),
    ...(secret === null ? [] : [`X-Telegram-Bot-Api-Secret-Token: ${secret}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export function lengthOf(body: string): string {
  return `Content-Length: ${Buffer.byteLength(body)}`;
}

/** A body as chunks of a size. */
export function chunksOf(body: string, size = body.length): string {
  let chunks = '';
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    chunks += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return `${chunks}0\r\n\r\n`;
}

/** A tgook of one worker, so that what it has read before a later request it has also dealt with. */
export class Target {
  constructor(
    readonly tgook: Tgook,
    readonly redis: PrivateRedis,
  ) {}

  queued(): Promise<number> {
    return this.redis.client.llen(LIST);
  }

  quarantined(): Promise<number> {
    return this.redis.client.xlen(STREAM);
  }

  /** The payload that came last on the queue. */
  async lastPayload(): Promise<string> {
    return (await this.redis.client.lindex(LIST, -1)) ?? '';
  }

  async connect(...sent: ReadonlyArray<string | Uint8Array>): Promise<RawConnection> {
    const connection = await RawConnection.open(this.tgook.port);
    for (const bytes of sent) connection.write(bytes);
    return connection;
  }

  /** Sends bytes on a connection of their own and waits for one answer. */
  async ask(sent: string | Uint8Array): Promise<string> {
    const connection = await this.connect(sent);
    await connection.answers(1);
    connection.close();
    return connection.statuses.join(' ');
  }

  /** Returns once the worker has read what was sent before. Needs no Redis. */
  async hasRead(): Promise<void> {
    for (let i = 0; i < 2; i++) await this.ask(request({ secret: 'wrong' }));
  }

  /** A good update is answered, and enqueued once. */
  async serves(t: Test): Promise<void> {
    const before = await this.queued();
    t.equal(await this.ask(request()), '200', 'the next good update is answered');
    t.equal(await this.queued(), before + 1, 'and enqueued once');
  }

  /** An update is enqueued for every 200, and no other. */
  async shows(t: Test, answers: string, sent: string | Uint8Array): Promise<void> {
    const [, statuses, end = ''] = /^(.*?)( end)?$/.exec(answers)!;
    const before = await this.queued();
    const connection = await this.connect(sent);
    await connection.answers(statuses!.split('|')[0]!.split(' ').length);
    if (end !== '') await connection.end();
    await this.serves(t);
    t.match(connection.answered, new RegExp(`^(?:${statuses})${end}$`), 'the answers');
    t.equal(await this.queued(), before + 1 + connection.count(200), 'what was answered 200 is enqueued');
    connection.close();
  }

  /** A test for each row. */
  table(t: Test, rows: readonly Row[]): void {
    for (const [name, answers, sent] of rows)
      t.test(`${name}: ${answers}`, t => this.shows(t, answers, sent));
  }
}

export async function startTarget(t: Pick<Test, 'teardown'>, settings: Settings = {}): Promise<Target> {
  const redis = await startPrivateRedis();
  t.teardown(() => redis.stop());
  const tgook = await startTgook({
    REDIS_PORT: redis.port,
    SECRET_TOKEN: `${SECRET},${NEXT_SECRET}`,
    TGOOK_BOTS: 'main,second',
    TGOOK_MAX_BODY: LIMIT,
    TGOOK_WORKERS: 1,
    ...settings,
  });
  t.teardown(() => tgook.stop('SIGKILL'));
  return new Target(tgook, redis);
}
