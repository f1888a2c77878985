import { NOTHING, type WebhookRequest } from './request.js';

/** Bytes of unfinished bodies in one worker. Beyond them bodies are refused. */
const MAX_BUFFERED = 64 * 1024 * 1024;

/** Reads bodies up to a limit, and all of them together up to a bound. */
export class BodyReader {
  /** Bytes that are held for bodies which are not complete. */
  held = 0;

  /**
   * @param limit bytes
   * @param onBody told of a complete body
   * @param onRefused told as soon as a body has passed the limit, or all bodies the bound; the rest is not read
   */
  constructor(
    readonly limit: number,
    readonly onBody: (request: WebhookRequest, body: Buffer) => void,
    readonly onRefused: (request: WebhookRequest, why: 'too-large' | 'full') => void,
  ) {}

  get full(): boolean {
    return this.held > MAX_BUFFERED;
  }

  read(request: WebhookRequest): void {
    request.reader = this;
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', release);
  }
}

function onData(this: WebhookRequest, chunk: Buffer): void {
  if (this.size + chunk.length > this.reader.limit) {
    refuse(this, 'too-large');
    return;
  }
  if (this.size === 0) hold(this, chunk);
  else append(this, chunk);
  this.size += chunk.length;
  if (this.reader.full) refuse(this, 'full');
}

/** Nearly every body comes in one piece: that piece is the body, without a copy. */
function hold(request: WebhookRequest, chunk: Buffer): void {
  request.reader.held += chunk.length - request.body.length;
  request.body = chunk;
}

/** The others grow by doubling: kept as they come, a thousand tiny chunks would take a thousand buffers. */
function append(request: WebhookRequest, chunk: Buffer): void {
  const needed = request.size + chunk.length;
  if (needed > request.body.length) {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * request.body.length, 1024));
    request.body.copy(larger, 0, 0, request.size);
    hold(request, larger);
  }
  chunk.copy(request.body, request.size);
}

function refuse(request: WebhookRequest, why: 'too-large' | 'full'): void {
  request.removeListener('data', onData);
  request.removeListener('end', onEnd);
  release.call(request);
  request.reader.onRefused(request, why);
}

function onEnd(this: WebhookRequest): void {
  const body = this.body.subarray(0, this.size);
  release.call(this);
  this.reader.onBody(this, body);
}

/** Also when the client goes away in the middle: then there is no end, and nothing becomes of the body. */
function release(this: WebhookRequest): void {
  this.reader.held -= this.body.length;
  this.body = NOTHING;
  this.size = 0;
}
