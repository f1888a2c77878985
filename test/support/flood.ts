import { connect, type Socket } from 'node:net';
import { textUpdate } from './tgook.js';

/**
 * A process of its own with many connections, each with one update: it has a table of descriptors of its own,
 * and its memory is not that of the test. It takes orders by IPC and ends with its parent.
 */

export type FloodOrder =
  /** Opens all connections. */
  | { readonly type: 'open'; readonly port: number; readonly connections: number }
  /** Sends an update on each, its id the connection's number; every tenth is `large` bytes long. */
  | { readonly type: 'send'; readonly large: number }
  /** Sends those again that were not answered 200, until all are. */
  | { readonly type: 'retry'; readonly large: number };

export interface FloodResult {
  /** Connections that were answered, by status; 0 where the connection was closed instead. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Milliseconds from the order to the first 200 and to the last answer. */
  readonly firstOk: number | undefined;
  readonly last: number;
  /** The longest that one request has waited. */
  readonly slowest: number;
}

const sockets: Socket[] = [];
const stored = new Set<number>();
let port = 0;

function open(id: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', resolve);
    socket.once('error', reject);
    sockets[id] = socket;
  });
}

async function openAll(connections: number): Promise<void> {
  // As many at a time as a server's backlog takes.
  for (let from = 0; from < connections; from += 500) {
    const batch = Array.from({ length: Math.min(500, connections - from) }, (_, i) => open(from + i));
    await Promise.all(batch);
  }
  for (const socket of sockets) socket.on('error', () => {});
}

/** Sends one update and resolves with the status. */
function post(id: number, large: number): Promise<number> {
  const socket = sockets[id]!;
  const body = textUpdate(id, id % 10 === 0 ? 'x'.repeat(large) : undefined);
  return new Promise(resolve => {
    const answered = (chunk: Buffer) => settle(Number(chunk.toString('latin1', 9, 12)));
    const closed = () => settle(0);
    const settle = (status: number) => {
      socket.removeListener('data', answered);
      socket.removeListener('close', closed);
      resolve(status);
    };
    socket.once('data', answered);
    socket.once('close', closed);
    if (socket.destroyed) closed();
    socket.write(
      `POST /telegram/bot/webhook/main HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  });
}

async function sendAll(ids: readonly number[], large: number): Promise<FloodResult> {
  const begin = performance.now();
  const statuses: Record<number, number> = {};
  let firstOk: number | undefined;
  let slowest = 0;
  await Promise.all(
    ids.map(async id => {
      const sent = performance.now();
      const status = await post(id, large);
      const now = performance.now();
      statuses[status] = (statuses[status] ?? 0) + 1;
      slowest = Math.max(slowest, now - sent);
      if (status !== 200) return;
      stored.add(id);
      firstOk ??= now - begin;
    }),
  );
  return { statuses, firstOk, last: performance.now() - begin, slowest };
}

async function carryOut(order: FloodOrder): Promise<FloodResult | undefined> {
  if (order.type === 'open') {
    port = order.port;
    await openAll(order.connections);
    return undefined;
  }
  const ids = sockets.map((_, id) => id);
  if (order.type === 'send') return sendAll(ids, order.large);
  const begin = performance.now();
  let firstOk: number | undefined;
  let slowest = 0;
  while (stored.size < ids.length) {
    const round = performance.now() - begin;
    // A thousand at a time: the bounds of the workers are not what is tried now.
    const missing = ids.filter(id => !stored.has(id)).slice(0, 1000);
    const result = await sendAll(missing, order.large);
    slowest = Math.max(slowest, result.slowest);
    if (result.firstOk !== undefined) firstOk ??= round + result.firstOk;
    if (result.statuses[0] !== undefined) throw new Error('a connection was closed');
  }
  return { statuses: { 200: stored.size }, firstOk, last: performance.now() - begin, slowest };
}

process.on('message', async (order: FloodOrder) => process.send?.((await carryOut(order)) ?? {}));
