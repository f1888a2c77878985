import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { childrenOf } from './processes.js';

/** A running tgook: the real launcher in its own process, as a user starts it. */
export interface Tgook {
  readonly process: ChildProcess;
  /** The webhook's URL without the bot id. */
  readonly url: string;
  readonly port: number;
  /** Of the admin server, `/readyz` for instance. */
  admin(path: string): Promise<Response>;
  /** The log so far, a line each. */
  readonly log: ReadonlyArray<Record<string, unknown> & { msg: string }>;
  /** Resolves with the first line of the log that matches, those already there included. */
  line(pattern: RegExp): Promise<Record<string, unknown> & { msg: string }>;
  /** Pids of the living workers. */
  workers(): number[];
  /** Signals the primary and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export type Settings = Readonly<Record<string, string | number | undefined>>;

/** Settings of a test: nothing of the developer's environment but PATH gets through. */
export function environment(settings: Settings): NodeJS.ProcessEnv {
  const values: NodeJS.ProcessEnv = { PATH: process.env.PATH };
  for (const [name, value] of Object.entries(settings)) if (value !== undefined) values[name] = String(value);
  return values;
}

/** Starts the launcher. tap would load itself into it through NODE_OPTIONS: it runs as users run it instead. */
export function runTgook(
  args: readonly string[],
  settings: Settings,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn('env', ['-u', 'NODE_OPTIONS', `${PACKAGE_ROOT}bin/tgook`, ...args], {
    cwd: tmpdir(),
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the launcher until it ends by itself. */
export async function tgookOutput(
  args: readonly string[],
  settings: Settings = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = runTgook(args, settings);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

/** Starts tgook on free ports and waits until it is ready. */
export async function startTgook(settings: Settings, args: readonly string[] = []): Promise<Tgook> {
  const child = runTgook(args, {
    LISTEN_PORT: 0,
    TGOOK_ADMIN: '127.0.0.1:0',
    TGOOK_WORKERS: 2,
    TGOOK_LISTEN_HOST: '127.0.0.1',
    ...settings,
  });
  const log: Array<Record<string, unknown> & { msg: string }> = [];
  const watchers = new Set<() => void>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(JSON.parse(line));
    for (const watcher of watchers) watcher();
  });
  child.stderr.pipe(process.stderr);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const line = (pattern: RegExp) =>
    new Promise<Record<string, unknown> & { msg: string }>((resolve, reject) => {
      const look = () => {
        const found = log.find(({ msg }) => pattern.test(msg));
        if (found === undefined) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
      void exited.then(() =>
        reject(new Error(`tgook ended without a line like ${pattern}: ${JSON.stringify(log)}`)),
      );
    });
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  const { port, admin } = (await line(/^tgook is (?:ready|listening)/)) as unknown as {
    port: number;
    admin: string;
  };
  return {
    process: child,
    url: `http://127.0.0.1:${port}/telegram/bot/webhook/`,
    port,
    admin: path => fetch(new URL(path, admin)),
    log,
    line,
    workers: () => childrenOf(child.pid!),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code, by] = await exited;
      process.removeListener('exit', killed);
      return { code, signal: by };
    },
  };
}

/** Posts an update as Telegram does. */
export function post(
  tgook: Pick<Tgook, 'url'>,
  bot: string,
  body: string | Uint8Array<ArrayBuffer>,
  secret?: string,
): Promise<Response> {
  return fetch(tgook.url + bot, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      ...(secret !== undefined && { 'X-Telegram-Bot-Api-Secret-Token': secret }),
    },
  });
}

/** An update with a text message. */
export function textUpdate(id: number, text = `text of ${id}`): string {
  const chat = { id: 1000 + (id % 50), type: 'private', first_name: 'Anna' };
  return JSON.stringify({ update_id: id, message: { message_id: id, date: 1_764_000_000, chat, text } });
}
