import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What stands between a client and Redis does with what the client sends: hands it on, says nothing, hangs
 * up, or answers by itself. The answer may depend on what was sent.
 */
export type Manner = 'forward' | 'silent' | 'close' | ((sent: Buffer) => string | Buffer | 'forward');

/** What it does with Redis' answer: hands it on, hangs up in its place, or behind a part of it. */
export type ReplyManner = (answer: Buffer) => 'forward' | 'cut' | Buffer;

type Parted = 'no' | 'both ways' | 'replies';

/** A port with a Redis behind it, or something that only looks like one. */
export class RedisProxy {
  /** From the next bytes on. */
  manner: Manner = 'forward';
  /** From the next answer on. */
  replies: ReplyManner = () => 'forward';
  /** What Redis answers is kept from the client. */
  deaf = false;
  /** Milliseconds that the next bytes take, in either direction. They stay in their order, as on any network. */
  delay: () => number = () => 0;
  /** How many connections there have been. */
  accepted = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #lanes = new Set<Lane>();
  #parted: Parted = 'no';

  /** @param target Redis' port, which new connections go to */
  constructor(public target: number) {
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

  /**
   * The network is parted: nothing arrives any more, not even that a side has hung up. With `replies` only what
   * Redis says is held up.
   */
  part(way: 'both ways' | 'replies' = 'both ways'): void {
    this.#parted = way;
    for (const lane of this.#lanes) this.#hold(lane);
  }

  /** What was on its way when the network was parted arrives now, also from clients that have hung up since. */
  join(): void {
    this.#parted = 'no';
    for (const lane of this.#lanes) lane.release();
  }

  /** Says to all clients that nothing more will come, and still takes what they send. */
  halfClose(): void {
    for (const socket of this.#sockets) if (socket.remotePort !== this.target) socket.end();
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
    const toRedis = this.#lane(client, redis, 'requests');
    const toClient = this.#lane(redis, client, 'replies');
    client.on('data', sent => {
      const answer = typeof this.manner === 'function' ? this.manner(sent) : this.manner;
      if (answer === 'forward') toRedis.write(sent);
      else if (answer === 'close') client.destroy();
      else if (answer !== 'silent') client.write(answer);
    });
    redis.on('data', answer => {
      if (this.deaf || this.manner === 'silent') return;
      const passed = this.replies(answer);
      if (passed === 'forward') toClient.write(answer);
      else {
        if (passed !== 'cut') toClient.write(passed);
        toClient.end();
        toRedis.end();
      }
    });
  }

  /** The way from one socket to the other, which ends behind the first of them. */
  #lane(from: Socket, to: Socket, carries: Lane['carries']): Lane {
    const lane = new Lane(to, carries, () => this.delay());
    this.#hold(lane);
    this.#lanes.add(lane);
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      lane.end();
    });
    to.on('close', () => this.#lanes.delete(lane));
    return lane;
  }

  #hold(lane: Lane): void {
    if (this.#parted === 'both ways' || this.#parted === lane.carries) lane.hold();
  }
}

/** One direction of a connection: bytes in their order, as late as they are made to be. */
class Lane {
  readonly #waiting: Array<{ readonly bytes: Buffer; readonly due: number }> = [];
  #held = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly to: Socket,
    readonly carries: 'requests' | 'replies',
    readonly delay: () => number,
  ) {}

  write(bytes: Buffer): void {
    if (this.#ended) return;
    this.#waiting.push({ bytes, due: performance.now() + this.delay() });
    this.#run();
  }

  /** The other side hangs up, behind what is still on its way. */
  end(): void {
    this.#ended = true;
    this.#run();
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#run();
  }

  #run(): void {
    clearTimeout(this.#timer);
    if (this.#held) return;
    const now = performance.now();
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.due > now) {
        this.#timer = setTimeout(() => this.#run(), next.due - now);
        return;
      }
      this.#waiting.shift();
      if (this.to.writable) this.to.write(next.bytes);
    }
    if (this.#ended) this.to.destroySoon();
  }
}
