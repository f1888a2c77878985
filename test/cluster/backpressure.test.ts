import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { peakMemory, residentMemory } from '../../bench/proc.js';
import { startPrivateRedis } from '../../lib/demo/private-redis.js';
import type { FloodOrder, FloodResult } from '../support/flood.js';
import { idsOnList, signalled } from '../support/queue.js';
import { post, startTgook, textUpdate } from '../support/tgook.js';

const FLOOD = fileURLToPath(new URL('../support/flood.js', import.meta.url));
const LIST = 'laravel_database_queues:telegram_updates';
const CONNECTIONS = 10_000;
const LARGE = 100_000;

/**
 * Megabytes that a worker may have at its highest: about 80 of its own, the jobs that wait in buffers which grow
 * by doubling (50 MB of bodies here), and 5,000 connections. Measured: 157.
 */
const MOST = 300;

t.test(
  'Redis silent, 10,000 connections open with an update each: memory stays bounded, and all is made good',
  async t => {
    const redis = await startPrivateRedis();
    t.teardown(() => redis.stop());
    const tgook = await startTgook({ REDIS_PORT: redis.port, TGOOK_WORKERS: 2 });
    t.teardown(() => tgook.stop('SIGKILL'));
    const flood = fork(FLOOD, { execArgv: [] });
    t.teardown(() => flood.kill());
    const order = async (what: FloodOrder): Promise<FloodResult> => {
      const ended = once(flood, 'exit').then(() => Promise.reject(new Error('the flood has ended')));
      flood.send(what);
      const [result] = (await Promise.race([once(flood, 'message'), ended])) as [FloodResult];
      return result;
    };
    const workers = tgook.workers();
    const atStart = residentMemory(workers);
    await order({ type: 'open', port: tgook.port, connections: CONNECTIONS });
    const withConnections = residentMemory(workers);

    await signalled(redis, 'SIGSTOP');
    const silent = await order({ type: 'send', large: LARGE });
    t.same(silent.statuses, { 503: CONNECTIONS }, 'each is answered 503, on a connection that stays');
    const peak = peakMemory(workers);
    t.ok(peak < MOST, `${Math.round(peak)} MB`);

    await signalled(redis, 'SIGCONT');
    const healed = await order({ type: 'retry', large: LARGE });
    t.ok(healed.firstOk! < 3000, `taken again after ${Math.round(healed.firstOk!)} ms`);
    const ids = await idsOnList(redis.client, LIST);
    t.equal(ids.length, CONNECTIONS);
    t.equal(new Set(ids).size, CONNECTIONS, 'each update is one job');
    t.same(tgook.workers(), workers, 'by the same workers');
    t.ok(peakMemory(workers) < MOST, `${Math.round(peakMemory(workers))} MB`);
    t.comment(
      `MB of the larger worker: ${atStart.toFixed(0)} at the start, ${withConnections.toFixed(0)} with the connections, ` +
        `${peak.toFixed(0)} at most while Redis was silent, ${peakMemory(workers).toFixed(0)} at most in all; ` +
        `slowest 503 ${silent.slowest.toFixed(0)} ms, first 200 ${healed.firstOk?.toFixed(0)} ms, all ${healed.last.toFixed(0)} ms after the end of the silence`,
    );
  },
);

t.test(
  'a queue of TGOOK_QUEUE_MAX: 503 with the connection kept, one line of it, and tgook stays ready',
  async t => {
    const redis = await startPrivateRedis();
    t.teardown(() => redis.stop());
    const tgook = await startTgook({ REDIS_PORT: redis.port, TGOOK_WORKERS: 1, TGOOK_QUEUE_MAX: 4 });
    t.teardown(() => tgook.stop('SIGKILL'));
    for (let id = 0; id < 4; id++) t.equal((await post(tgook, 'main', textUpdate(id))).status, 200);
    for (let id = 4; id < 24; id++) {
      const answer = await post(tgook, 'main', textUpdate(id));
      t.same([answer.status, answer.headers.get('connection')], [503, 'keep-alive']);
    }
    t.equal((await post(tgook, 'main', textUpdate(1))).status, 200, 'one that is there already');
    const query = { id: '1', from: { id: 5, is_bot: false, first_name: 'A' }, chat_instance: '1' };
    const urgent = (id: number) => JSON.stringify({ update_id: id, callback_query: query });
    t.equal((await post(tgook, 'main', urgent(30))).status, 200, 'one that Telegram would soon drop');
    t.equal((await post(tgook, 'main', urgent(31))).status, 503, 'until there are a quarter more');
    const line = await tgook.line(/TGOOK_QUEUE_MAX/);
    t.match(line.msg, /answered 503 — are its workers running\?$/);
    t.match(line, { limit: 4, level: 40 });
    t.equal((await tgook.admin('/readyz')).status, 200);
    await tgook.stop();
    const lines = tgook.log.filter(({ msg }) => /TGOOK_QUEUE_MAX/.test(msg));
    t.equal(
      lines.reduce((sum, { updates }) => sum + Number(updates), 0),
      21,
      'the lines count all of them',
    );
  },
);
