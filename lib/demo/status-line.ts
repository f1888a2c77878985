const WIDTH = 40;
/** Milliseconds between two drawings. */
const INTERVAL = 50;

/** One line on the terminal that changes while something goes on; none at all without a terminal. */
export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  text(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(`\r\x1b[K  ${text}`);
  }

  /** A bar, drawn as often as it makes sense. */
  progress(done: number, total: number): void {
    const now = performance.now();
    if (now - this.#drawn < INTERVAL && done < total) return;
    this.#drawn = now;
    const filled = Math.round((WIDTH * done) / total);
    this.text(`${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}  ${done} of ${total} updates`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
