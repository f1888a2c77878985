/** A value as PHP's serialize() wrote it. */
export type PhpValue = null | boolean | number | string | PhpArray | PhpObject;

export interface PhpArray {
  readonly entries: ReadonlyArray<readonly [key: string | number, value: PhpValue]>;
}

export interface PhpObject {
  readonly class: string;
  /** By name, without the class that the name of a private one carries. */
  readonly properties: ReadonlyMap<string, PhpValue>;
}

/**
 * PHP's unserialize() for what tgook writes: scalars, arrays, objects.
 *
 * @throws Error where the text is anything else
 */
export function unserialize(text: string): PhpValue {
  const reader = new Reader(Buffer.from(text));
  const value = reader.value();
  reader.end();
  return value;
}

/** Reads bytes, since the lengths in the text count them. */
class Reader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  value(): PhpValue {
    const type = this.#until(/[:;]/);
    switch (type) {
      case 'N':
        return null;
      case 'b':
        return this.#until(/;/) === '1';
      case 'i':
      case 'd':
        return Number(this.#until(/;/).replace('INF', 'Infinity'));
      case 's': {
        const text = this.#quoted();
        this.#expect(';');
        return text;
      }
      case 'a':
        return { entries: this.#entries() };
      case 'O': {
        const name = this.#quoted();
        this.#expect(':');
        const properties = this.#entries().map(
          ([key, value]) => [String(key).replace(/^\0[^\0]*\0/, ''), value] as const,
        );
        return { class: name, properties: new Map(properties) };
      }
      default:
        throw new Error(`no PHP value of tgook's begins with ${type}`);
    }
  }

  end(): void {
    if (this.#at !== this.bytes.length) throw new Error('there is more behind the value');
  }

  /** `2:{i:0;…i:1;…}` */
  #entries(): Array<readonly [string | number, PhpValue]> {
    const length = Number(this.#until(/:/));
    this.#expect('{');
    const entries = Array.from({ length }, () => [this.value() as string | number, this.value()] as const);
    this.#expect('}');
    return entries;
  }

  /** `5:"hello"` */
  #quoted(): string {
    const length = Number(this.#until(/:/));
    this.#expect('"');
    const text = this.bytes.toString('utf8', this.#at, this.#at + length);
    this.#at += length;
    this.#expect('"');
    return text;
  }

  /** The text up to a character, which is passed over. */
  #until(end: RegExp): string {
    const start = this.#at;
    while (this.#at < this.bytes.length && !end.test(String.fromCharCode(this.bytes[this.#at]!))) this.#at++;
    return this.bytes.toString('latin1', start, this.#at++);
  }

  #expect(character: string): void {
    if (this.bytes[this.#at++] !== character.charCodeAt(0)) throw new Error(`${character} is missing`);
  }
}
