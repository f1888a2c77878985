import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { StartError } from '../errors.js';

/** A Redis for the demo, the tests and the benchmark alone: its own port and folder, gone with `stop()`. */
export interface PrivateRedis {
  readonly host: string;
  readonly port: number;
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
 * @throws StartError when neither is installed, or it does not come up
 */
export async function startPrivateRedis(options: readonly string[] = []): Promise<PrivateRedis> {
  const program = findServer();
  const folder = mkdtempSync(join(tmpdir(), 'tgook-redis-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const host = '127.0.0.1';
  const port = await freePort(host);
  // Also when this process ends without stop(): a server of ours must not outlive it.
  let server = await launch(program, folder, port, options);
  const onExit = () => {
    server.kill('SIGKILL');
    removeFolder();
  };
  process.once('exit', onExit);
  const client = new Redis({ host, port, lazyConnect: true, retryStrategy: () => 50 });
  client.on('error', () => {});
  await client.connect();

  const kill = async () => {
    server.kill('SIGKILL');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  };

  return {
    host,
    port,
    client,
    get process() {
      return server;
    },
    kill,
    async restart() {
      server = await launch(program, folder, port, options);
    },
    async stop() {
      client.disconnect();
      await kill();
      process.removeListener('exit', onExit);
      removeFolder();
    },
  };
}

function findServer(): string {
  for (const program of ['redis-server', 'valkey-server']) {
    try {
      execFileSync(program, ['--version'], { stdio: 'ignore' });
      return program;
    } catch {}
  }
  throw new StartError('neither redis-server nor valkey-server is in PATH: bin/setup installs one');
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function launch(
  program: string,
  folder: string,
  port: number,
  options: readonly string[],
): Promise<ChildProcess> {
  const quiet = ['--save', '', '--daemonize', 'no', '--bind', '127.0.0.1', '--protected-mode', 'no'];
  const place = ['--port', String(port), '--dir', folder];
  const server = spawn(program, [...place, ...quiet, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      if (/Ready to accept connections/i.test(output)) resolve();
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', reject);
    server.once('exit', () =>
      reject(new StartError(`${program} does not start: ${output.trim().split('\n').at(-1)}`)),
    );
  });
  return server;
}
