import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Reaper } from '../../../lib/demo/reaper.js';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { childrenOf } from '../../support/processes.js';

/** The last lines of the log that are kept, for whoever wants to know why. */
const KEPT_LINES = 50;

/** systemd's own, in milliseconds. */
const RESTART_DELAY = 100;

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** tgook as a service manager runs it: whenever the primary is gone, it is started again. */
export class Supervised {
  /** Of warnings and errors, the newest ones. */
  readonly complaints: LogLine[] = [];
  /** How often the primary was started. */
  starts = 0;
  readonly #file: string;
  readonly #nodeOptions: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #reaper = new Reaper();
  readonly #watchers = new Set<(line: LogLine | undefined) => void>();
  #process: ChildProcess | undefined;
  #stopping = false;

  /**
   * @param file the settings, a .env file
   * @param nodeOptions of each of its processes
   * @param env beside PATH
   */
  constructor(file: string, nodeOptions: string, env: NodeJS.ProcessEnv) {
    this.#file = file;
    this.#nodeOptions = nodeOptions;
    this.#env = { PATH: process.env.PATH, ...env };
  }

  /** Resolves when all workers listen. */
  async start(): Promise<void> {
    process.on('exit', this.#killAll);
    const ready = this.line(/^tgook is (?:ready|listening)/);
    const child = this.#spawn();
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`tgook ended with ${signal ?? code} before it was ready`);
    });
    await Promise.race([ready, ended]);
    ended.catch(() => {});
  }

  /** The primary's. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** The workers' pids, the oldest first. */
  workers(): number[] {
    try {
      return childrenOf(this.pid);
    } catch {
      return []; // it is being replaced
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /**
   * Resolves with the next line of the log that matches, whichever primary writes it.
   *
   * @throws Error when tgook is stopped before
   */
  line(pattern: RegExp): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const look = (line: LogLine | undefined): void => {
        if (line !== undefined && !pattern.test(line.msg)) return;
        this.#watchers.delete(look);
        if (line === undefined) reject(new Error(`tgook was stopped before a line like ${pattern}`));
        else resolve(line);
      };
      this.#watchers.add(look);
    });
  }

  /** Ends it as a service manager does. Resolves when the primary is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    for (const watcher of this.#watchers) watcher(undefined);
    process.removeListener('exit', this.#killAll);
    await this.#reaper.dismiss();
  }

  #spawn(): ChildProcess {
    this.starts++;
    // tap would load itself into it through NODE_OPTIONS.
    const options = ['-u', 'NODE_OPTIONS', `NODE_OPTIONS=${this.#nodeOptions}`];
    const child = spawn('env', [...options, `${PACKAGE_ROOT}bin/tgook`, this.#file], {
      cwd: '/',
      env: this.#env,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    this.#process = child;
    this.#reaper.cleansUp(child.pid);
    createInterface(child.stdout).on('line', text => this.#read(text));
    child.once('exit', () => {
      setTimeout(() => {
        if (!this.#stopping) this.#spawn();
      }, RESTART_DELAY);
    });
    return child;
  }

  #read(text: string): void {
    const line = JSON.parse(text) as LogLine;
    if (line.level >= 40) {
      this.complaints.push(line);
      if (this.complaints.length > KEPT_LINES) this.complaints.shift();
    }
    for (const watcher of this.#watchers) watcher(line);
  }

  readonly #killAll = (): void => {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {} // it is gone
  };
}
