import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../errors.js';
import { PACKAGE_ROOT } from '../paths.js';

/** A primary that has not drained by then is killed, in milliseconds. */
const DRAIN_LIMIT = 3000;

/** tgook as a user starts it, with a settings file and nothing else. */
export interface Cluster {
  /** The primary's, and its process group's. */
  readonly pid: number | undefined;
  /** The webhook's URL without the bot's id, once all workers listen. */
  readonly ready: Promise<string>;
  /** Rejects when it ends without having been told to. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Starts tgook in a process group of its own: Ctrl-C reaches only the demo, which stops it in order.
 *
 * @param file the settings, a .env file
 * @param folder the working directory
 */
export function startCluster(file: string, folder: string): Cluster {
  const child = spawn(process.execPath, [`${PACKAGE_ROOT}bin/tgook`, file], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const killAll = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {} // it is gone
  };
  process.once('exit', killAll);

  let stopping = false;
  let lastWords = '';
  const ready = new Promise<string>(resolve => {
    createInterface(child.stdout).on('line', line => {
      const entry = parse(line);
      if (entry?.msg === 'tgook is ready') resolve(`http://127.0.0.1:${entry.port}/telegram/bot/webhook/`);
      else if ((entry?.level ?? 0) >= 50) lastWords = entry?.msg ?? '';
    });
  });
  createInterface(child.stderr).on('line', line => {
    lastWords = line;
  });
  const gone = once(child, 'close');
  const failed = gone.then(
    ([code, signal]) => {
      if (stopping) return new Promise<never>(() => {});
      throw new StartError(`tgook ended with ${signal ?? code}${lastWords && `: ${lastWords}`}`);
    },
    (error: Error) => {
      throw new StartError(`tgook cannot be started: ${error.message}`);
    },
  );
  // Whoever waits for it hears of it; nobody may be waiting yet.
  failed.catch(() => {});

  return {
    pid: child.pid,
    ready,
    failed,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await Promise.race([gone.catch(() => {}), sleep(DRAIN_LIMIT, undefined, { ref: false })]);
      killAll();
      process.removeListener('exit', killAll);
    },
  };
}

function parse(line: string): { msg?: string; port?: number; level?: number } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
