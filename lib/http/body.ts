import type { WebhookRequest } from './request.js';

/** Bytes of unfinished bodies in one worker. Beyond them no new body is read. */
const MAX_BUFFERED = 64 * 1024 * 1024;

/** Reads bodies up to a limit, and all of them together up to a bound. */
export class BodyReader {
  /** Bytes of bodies that are not complete. */
  buffered = 0;

  /**
   * @param limit bytes
   * @param onBody told of a complete body
   * @param onTooLarge told as soon as a body has passed the limit; the rest is not read
   */
  constructor(
    readonly limit: number,
    readonly onBody: (request: WebhookRequest, body: Buffer) => void,
    readonly onTooLarge: (request: WebhookRequest) => void,
  ) {}

  get full(): boolean {
    return this.buffered > MAX_BUFFERED;
  }

  read(request: WebhookRequest): void {
    request.reader = this;
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', release);
  }
}

function onData(this: WebhookRequest, chunk: Buffer): void {
  this.chunks.push(chunk);
  this.size += chunk.length;
  this.reader.buffered += chunk.length;
  if (this.size <= this.reader.limit) return;
  this.removeListener('data', onData);
  this.removeListener('end', onEnd);
  release.call(this);
  this.reader.onTooLarge(this);
}

function onEnd(this: WebhookRequest): void {
  const { chunks } = this;
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  release.call(this);
  this.reader.onBody(this, body);
}

/** Also when the client goes away in the middle: then there is no end, and nothing becomes of the body. */
function release(this: WebhookRequest): void {
  this.reader.buffered -= this.size;
  this.size = 0;
  this.chunks = [];
}
