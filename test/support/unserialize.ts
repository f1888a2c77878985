/**
 * A reader of PHP's serialize(), written from PHP's own documentation of the format and sharing nothing with
 * lib/php: what it accepts, PHP accepts. Lengths are counted in bytes, and every one of them is checked.
 */

export interface PhpObject {
  readonly class: string;
  readonly properties: ReadonlyMap<string, PhpValue>;
}

/** Floats come as `{ float: text }`: their spelling matters. */
export type PhpValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | { readonly float: string }
  | PhpObject
  | readonly PhpValue[];

/** @throws Error where the bytes are not one serialized value, whole */
export function unserialize(text: string): PhpValue {
  const reader = new Reader(Buffer.from(text, 'utf8'));
  const value = reader.value();
  if (!reader.atEnd) throw new Error('bytes behind the value');
  return value;
}

/** The property of an object that must have it. */
export function property(value: PhpValue | undefined, ...names: string[]): PhpValue {
  let found = value;
  for (const name of names) {
    const properties = (found as PhpObject | undefined)?.properties;
    if (properties?.get(name) === undefined) throw new Error(`there is no property ${name}`);
    found = properties.get(name);
  }
  return found as PhpValue;
}

class Reader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  get atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  value(): PhpValue {
    const kind = this.#take(1);
    switch (kind) {
      case 'N':
        this.#expect(';');
        return null;
      case 'b':
        return this.#plain(/^[01]$/) === '1';
      case 'i': {
        const digits = this.#plain(/^-?(?:0|[1-9]\d*)$/);
        const number = Number(digits);
        return Number.isSafeInteger(number) ? number : BigInt(digits);
      }
      case 'd':
        return { float: this.#plain(/^-?(?:INF|NAN|\d+(?:\.\d+)?(?:E[+-]\d+)?)$/) };
      case 's': {
        const text = this.#string();
        this.#expect(';');
        return text;
      }
      case 'a':
        return this.#list();
      case 'O':
        return this.#object();
      default:
        throw new Error(`no value begins with '${kind}', at ${this.#at - 1}`);
    }
  }

  #list(): PhpValue[] {
    const items: PhpValue[] = [];
    const count = this.#count();
    this.#expect('{');
    for (let i = 0; i < count; i++) {
      if (this.value() !== i) throw new Error(`the list's keys are not 0, 1, 2 …, at ${this.#at}`);
      items.push(this.value());
    }
    this.#expect('}');
    return items;
  }

  #object(): PhpObject {
    const name = this.#string();
    const properties = new Map<string, PhpValue>();
    const count = this.#count();
    this.#expect('{');
    for (let i = 0; i < count; i++) {
      const key = this.value();
      if (typeof key !== 'string' || properties.has(key)) throw new Error(`a bad property, at ${this.#at}`);
      properties.set(key, this.value());
    }
    this.#expect('}');
    return { class: name, properties };
  }

  /** `:5:"hello"` */
  #string(): string {
    const length = this.#count();
    this.#expect('"');
    const bytes = this.bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    this.#expect('"');
    const text = bytes.toString('utf8');
    if (Buffer.byteLength(text) !== length) throw new Error(`a length that cuts a character, at ${this.#at}`);
    return text;
  }

  /** `:5:` */
  #count(): number {
    this.#expect(':');
    const digits = this.#until(':');
    if (!/^\d+$/.test(digits)) throw new Error(`'${digits}' is not a count, at ${this.#at}`);
    return Number(digits);
  }

  /** `:text;` */
  #plain(form: RegExp): string {
    this.#expect(':');
    const text = this.#until(';');
    if (!form.test(text)) throw new Error(`'${text}' is not in the form ${form}, at ${this.#at}`);
    return text;
  }

  #until(end: string): string {
    const at = this.bytes.indexOf(end, this.#at);
    if (at < 0) throw new Error(`no '${end}' behind ${this.#at}`);
    const text = this.bytes.toString('latin1', this.#at, at);
    this.#at = at + 1;
    return text;
  }

  #expect(text: string): void {
    const found = this.#take(text.length);
    if (found !== text) throw new Error(`'${found}' where '${text}' must be, at ${this.#at - text.length}`);
  }

  #take(length: number): string {
    this.#at += length;
    return this.bytes.toString('latin1', this.#at - length, this.#at);
  }
}
