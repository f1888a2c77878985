import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Reads what is to be done, a line each, until its owner closes the pipe or is gone, by `kill -9` too: only
 * a process of its own can clean up after that. An owner that ends by itself ends this one first.
 */
const SCRIPT = `
groups= folder=
while read -r what value; do
  case $what in
    kill) groups="$groups -$value" ;;
    remove) folder=$value ;;
  esac
done
[ -z "$groups" ] || kill -s KILL -- $groups
[ -z "$folder" ] || rm -rf -- "$folder"
`;

/** Cleans up should this process not be able to. */
export class Reaper {
  readonly #process = spawn('/bin/sh', ['-c', SCRIPT], {
    cwd: '/',
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'ignore', 'ignore'],
    // A group of its own, which Ctrl-C does not reach.
    detached: true,
  });

  constructor() {
    // Without /bin/sh there is no reaper: only after kill -9 would it be missed.
    this.#process.on('error', () => {});
    this.#process.stdin.on('error', () => {});
    this.#process.unref();
  }

  /**
   * @param group the pid of a process that was started detached: what it has started is killed with it
   * @param folder is removed behind that
   */
  cleansUp(group: number | undefined, folder?: string): void {
    if (group !== undefined) this.#process.stdin.write(`kill ${group}\n`);
    if (folder !== undefined) this.#process.stdin.write(`remove ${folder}\n`);
  }

  /** Everything is cleaned up already. Resolves when it is gone. */
  async dismiss(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.ref();
    this.#process.kill('SIGKILL');
    await gone;
  }
}
