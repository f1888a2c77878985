import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection that is written to by hand, and all that came back on it. */
export class RawConnection {
  text = '';
  /** The server has closed its half, or all of it. */
  ended = false;
  readonly socket: Socket;
  readonly #watchers = new Set<() => void>();

  private constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', chunk => {
      this.text += chunk.toString('latin1');
      this.#look();
    });
    this.socket.on('error', () => {});
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.ended = true;
        this.#look();
      });
    }
  }

  static async open(port: number): Promise<RawConnection> {
    const connection = new RawConnection(port);
    await once(connection.socket, 'connect');
    return connection;
  }

  /** Strings are taken as bytes, a character each. */
  write(sent: string | Uint8Array): void {
    if (this.socket.writable)
      this.socket.write(typeof sent === 'string' ? Buffer.from(sent, 'latin1') : sent);
  }

  close(): void {
    this.socket.destroy();
  }

  /** Bytes that have left this process. */
  get taken(): number {
    return this.socket.bytesWritten - this.socket.writableLength;
  }

  /** Of all answers so far. */
  get statuses(): string[] {
    return [...this.text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(match => match[1]!);
  }

  /** The statuses, and `end` where the server has closed the connection behind them. */
  get answered(): string {
    return [...this.statuses, ...(this.ended ? ['end'] : [])].join(' ');
  }

  count(status: number): number {
    return this.statuses.filter(other => Number(other) === status).length;
  }

  /** Waits for as many whole answers, which have no bodies, or the end of the connection. */
  answers(count: number): Promise<void> {
    return this.#until(() => this.ended || this.text.split('\r\n\r\n').length > count);
  }

  end(): Promise<void> {
    return this.#until(() => this.ended);
  }

  #until(reached: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = () => {
        if (!reached()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
