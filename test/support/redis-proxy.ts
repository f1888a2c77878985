import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What stands between a client and Redis does with what the client sends: hands it on, says nothing, hangs
 * up, or answers by itself. The answer may depend on what was sent.
 */
export type Manner = 'forward' | 'silent' | 'close' | ((sent: Buffer) => string | Buffer | 'forward');

/** A port with a Redis behind it, or something that only looks like one. */
export class RedisProxy {
  /** From the next bytes on. */
  manner: Manner = 'forward';
  /** What Redis answers is kept from the client. */
  deaf = false;
  /** How many connections there have been. */
  accepted = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(readonly target: number) {
    this.#server = createServer(client => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #accept(client: Socket): void {
    this.accepted++;
    if (this.manner === 'close') {
      client.destroy();
      return;
    }
    const redis = connect(this.target, '127.0.0.1');
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', sent => {
      const answer = typeof this.manner === 'function' ? this.manner(sent) : this.manner;
      if (answer === 'forward') redis.write(sent);
      else if (answer === 'close') client.destroy();
      else if (answer !== 'silent') client.write(answer);
    });
    redis.on('data', answer => {
      if (!this.deaf && this.manner !== 'silent') client.write(answer);
    });
  }
}
