import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What came back on a connection that was written to by hand. */
export interface RawAnswer {
  /** Of the first answer; 0 where none came. */
  readonly status: number;
  readonly text: string;
  readonly closed: boolean;
}

/**
 * Writes bytes to a port and reads until an answer is complete and `settle` ms have passed, or the server has
 * closed the connection.
 *
 * @param parts written one after another, a number being a pause in milliseconds
 */
export function raw(
  port: number,
  parts: ReadonlyArray<string | Uint8Array | number>,
  settle = 100,
): Promise<RawAnswer> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let timer: NodeJS.Timeout | undefined;
    let closed = false;
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text, closed });
    };
    socket.on('data', chunk => {
      text += chunk.toString('latin1');
      clearTimeout(timer);
      if (text.includes('\r\n\r\n')) timer = setTimeout(done, settle);
    });
    socket.on('end', () => {
      closed = true;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
      done();
    });
    void write(socket, parts);
  });
}

async function write(socket: Socket, parts: ReadonlyArray<string | Uint8Array | number>): Promise<void> {
  for (const part of parts) {
    if (typeof part === 'number') await pause(part, undefined, { ref: false });
    else if (socket.writable) socket.write(part);
  }
}
