import { createHistogram } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { FIRST_ID, type Letters, makeBody } from './update.js';

/**
 * A process of its own that sends updates with autocannon, as Telegram does: keep-alive, one request in flight
 * on each connection, every update with an id of its own. It takes orders by IPC and ends with its parent.
 */

/** What to send. */
export interface LoadOrder {
  readonly url: string;
  readonly secret: string;
  readonly connections: number;
  readonly letters: Letters;
  /** Either so long, or so many: only a number ends without requests in flight. */
  readonly limit: { readonly duration: number } | { readonly amount: number };
}

/** What became of it. */
export interface LoadResult {
  /** Updates answered 2xx. */
  readonly answered: number;
  readonly non2xx: number;
  /** Connections that broke or timed out. */
  readonly errors: number;
  /** From the start to the last answer. */
  readonly seconds: number;
  /** Latency in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

let nextId = FIRST_ID;

/** Carries out one order. */
async function send({ url, secret, connections, letters, limit }: LoadOrder): Promise<LoadResult> {
  const { bytes, idAt } = makeBody(letters);
  // autocannon's own histogram has whole milliseconds.
  const latencies = createHistogram();
  const start = performance.now();
  let end = start;
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url,
        connections,
        ...limit,
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'X-Telegram-Bot-Api-Secret-Token': secret,
          'Accept-Encoding': 'gzip, deflate',
        },
        requests: [
          {
            setupRequest(request) {
              bytes.write(String(nextId++), idAt, 'latin1');
              request.body = bytes;
              return request;
            },
          },
        ],
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    );
    instance.on('response', (_client, _status, _bytes, milliseconds) => {
      latencies.record(Math.max(1, Math.round(milliseconds * 1000)));
      end = performance.now();
    });
  });
  return {
    answered: result['2xx'],
    non2xx: result.non2xx,
    errors: result.errors,
    seconds: (end - start) / 1000,
    p50: latencies.percentile(50) / 1000,
    p99: latencies.percentile(99) / 1000,
  };
}

process.on('message', async (order: LoadOrder) => process.send?.(await send(order)));
