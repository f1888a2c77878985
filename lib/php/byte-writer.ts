import { Misfit } from '../errors.js';

/** No payload may grow beyond this: a body within its own limit can still name very many objects. */
const MAX_PAYLOAD = 16 * 1024 * 1024;

/** Pending text is written out once it is this long, so that its size is checked in time. */
const LONG_TEXT = 64 * 1024;

/**
 * A growing buffer that takes text. ASCII is written apart from other text: V8 keeps a string with a single
 * letter beyond Latin-1 at two bytes a character, and transcoding a whole payload for one Cyrillic message
 * costs more than making it.
 */
export class ByteWriter {
  buffer: Buffer;
  /** Where the next byte goes. */
  position: number;
  /** `position` may not pass this before the next `begin()`. */
  #limit = Number.POSITIVE_INFINITY;

  /**
   * @param capacity bytes to start with
   * @param start bytes to leave free in front
   */
  constructor(capacity: number, start: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    this.position = start;
  }

  /**
   * From here on, one payload is written; beyond its bound `Misfit` is thrown.
   *
   * @param room bytes to leave free in front of it, for `prefix`
   */
  begin(room: number): void {
    this.#reserve(room);
    this.position += room;
    this.#limit = this.position + MAX_PAYLOAD;
  }

  /** Puts ASCII text right in front of `start`, where `room` bytes were left, moving what follows if need be. */
  prefix(start: number, text: string, room: number): void {
    this.#limit = Number.POSITIVE_INFINITY;
    const shift = text.length - room;
    if (shift !== 0) {
      if (shift > 0) this.#reserve(shift);
      this.buffer.copyWithin(start + shift, start, this.position);
      this.position += shift;
    }
    this.buffer.write(text, start - room, 'latin1');
  }

  /** Writes text of which every character is ASCII. */
  ascii(text: string): void {
    this.#reserve(text.length);
    this.position += this.buffer.write(text, this.position, 'latin1');
    this.#checkSize();
  }

  /** Writes any well-formed text as UTF-8. */
  utf8(text: string): void {
    this.#reserve(text.length * 3);
    this.position += this.buffer.write(text, this.position, 'utf8');
    this.#checkSize();
  }

  /** Writes ASCII text out if it has become long. Returns what is still pending. */
  spill(text: string): string {
    if (text.length < LONG_TEXT) return text;
    this.ascii(text);
    return '';
  }

  #checkSize(): void {
    if (this.position > this.#limit) throw new Misfit(`the job would be larger than ${MAX_PAYLOAD} bytes`);
  }

  #reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.position);
    this.buffer = larger;
  }
}
