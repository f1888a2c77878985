/**
 * Serialized PHP travels as a JSON string inside the payload, so every part is escaped for JSON as it is
 * made. Escaping never changes the lengths that PHP counts: those are of the bytes behind the escapes.
 */

/** Anything that JSON must escape, or that is not ASCII. */
const NOT_PLAIN = /[^\x20\x21\x23-\x5b\x5d-\x7f]/;

/** True where a text is its own JSON form, and one byte a character. */
export function isPlain(text: string): boolean {
  return !NOT_PLAIN.test(text);
}

/** The inside of the text's JSON string. */
export function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The same in ASCII alone, for what is joined into text that counts a byte a character. */
export function escapeToAscii(text: string): string {
  return escapeJson(text).replace(
    /[\x80-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
