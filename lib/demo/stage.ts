/** What was put up, and how each is taken down again. */
export class Stage {
  readonly #undo: Array<() => unknown> = [];
  #cleared = false;

  /** Behind `clear()` it is taken down at once: who puts it up may not have heard of that yet. */
  add(takeDown: () => unknown): void {
    if (this.#cleared) void takeDown();
    else this.#undo.push(takeDown);
  }

  /** Takes everything down, the last one first. */
  async clear(): Promise<void> {
    this.#cleared = true;
    for (let takeDown = this.#undo.pop(); takeDown !== undefined; takeDown = this.#undo.pop())
      await takeDown();
  }
}

/** An ending that was asked for from outside, as with Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

/** The signals that end the demo, with their numbers. A terminal that is closed sends SIGHUP. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Rejects with Interrupted at the first signal. At the second one the process ends at once; even then the
 * 'exit' listeners end what it has started.
 */
export function untilSignal(): Promise<never> {
  return new Promise((_resolve, reject) => {
    let interrupted = false;
    for (const [signal, number] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (interrupted) process.exit(128 + number);
        interrupted = true;
        reject(new Interrupted(128 + number));
      });
    }
  });
}
