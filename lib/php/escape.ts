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
