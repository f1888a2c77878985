import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { StartError } from '../errors.js';
import { freePort } from './free-port.js';
import { Reaper } from './reaper.js';

/** A Redis for the demo, the tests and the benchmark alone: its own port and folder, gone with `stop()`. */
export interface PrivateRedis {
  readonly host: string;
  readonly port: number;
  /** Its folder, which is removed with it. */
  readonly folder: string;
  readonly process: ChildProcess;
  /** A client of it. */
  readonly client: Redis;
  /** Ends the server at once, as a crash would; its folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts a redis-server or valkey-server from PATH on a free port of 127.0.0.1, without persistence.
 *
 * @param options more of the server's command-line options, as in `['--appendonly', 'yes']`
 * @param minimum the oldest version that will do; Valkey's count as newer than those of Redis 7.2
 * @throws StartError when neither is installed, is too old, or does not come up
 */
export async function startPrivateRedis(
  options: readonly string[] = [],
  minimum: Version = [0, 0],
): Promise<PrivateRedis> {
  const program = findServer(minimum);
  if (program === undefined) {
    const wanted = minimum[0] === 0 ? '' : ` of version ${minimum.join('.')} or newer`;
    throw new StartError(
      `neither redis-server nor valkey-server${wanted} is in PATH: bin/setup installs one`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'tgook-redis-'));
  const host = '127.0.0.1';
  let server: ChildProcess | undefined;
  const reaper = new Reaper();
  reaper.cleansUp(undefined, folder);
  // Also when this process ends without stop(), or before the start is over.
  const onExit = () => {
    server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  const kill = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  const removeAll = async () => {
    await kill();
    process.removeListener('exit', onExit);
    onExit();
    await reaper.dismiss();
  };

  let port: number;
  const start = async () => {
    server = launch(program, folder, port, options);
    reaper.cleansUp(server.pid);
    await untilReady(program, server);
  };
  try {
    port = await freePort(host);
    await start();
  } catch (error) {
    await removeAll();
    throw error;
  }
  const client = new Redis({ host, port, lazyConnect: true, retryStrategy: () => 50 });
  client.on('error', () => {});
  await client.connect();

  return {
    host,
    port,
    folder,
    client,
    get process() {
      return server!;
    },
    kill,
    restart: start,
    async stop() {
      client.disconnect();
      await removeAll();
    },
  };
}

export type Version = readonly [major: number, minor: number];

/** The first server in PATH that is new enough, if any. */
export function findServer(minimum: Version = [0, 0]): string | undefined {
  return ['redis-server', 'valkey-server'].find(program => {
    const [major, minor] = versionOf(program) ?? [-1, 0];
    return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
  });
}

function versionOf(program: string): Version | undefined {
  try {
    const output = execFileSync(program, ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    const [, major, minor] = /v=(\d+)\.(\d+)/.exec(output) ?? [];
    return [Number(major ?? 0), Number(minor ?? 0)];
  } catch {
    return undefined;
  }
}

function launch(program: string, folder: string, port: number, options: readonly string[]): ChildProcess {
  const quiet = ['--save', '', '--daemonize', 'no', '--bind', '127.0.0.1', '--protected-mode', 'no'];
  const place = ['--port', String(port), '--dir', folder];
  return spawn(program, [...place, ...quiet, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

async function untilReady(program: string, server: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      if (/Ready to accept connections/i.test(output)) resolve();
    };
    server.stdout!.on('data', read);
    server.stderr!.on('data', read);
    server.once('error', reject);
    server.once('exit', () =>
      reject(new StartError(`${program} does not start: ${output.trim().split('\n').at(-1)}`)),
    );
  });
}
