import { isAscii, isUtf8 } from 'node:buffer';
import { NotAnUpdate } from '../errors.js';
import { mayLoseNumbers, parseExactly } from './exact-json.js';

/** A body that was read as an update: a JSON object with a valid update_id. */
export interface Update {
  readonly id: number;
  /** The body's text, well-formed. */
  readonly text: string;
  /** The length of `text` in bytes of UTF-8. */
  readonly bytes: number;
  /** The parsed object; numbers that a JavaScript number cannot stand for are a bigint or a PhpFloat. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** Deeper nesting is refused. PHP itself reads 511 levels, Redis' cjson 1000; Telegram sends about ten. */
const MAX_DEPTH = 100;

/**
 * Reads a body as PHP's json_decode() would, but for escapes of lone surrogates: PHP refuses the body, and
 * Telegram would send it for a day; here U+FFFD takes their place.
 *
 * @throws NotAnUpdate when the body is not UTF-8, not JSON, nested too deeply, not an object, or has no
 *   update_id from 0 to 2^53 - 1
 */
export function parseUpdate(body: Buffer): Update {
  const ascii = isAscii(body);
  if (!ascii && !isUtf8(body)) throw new NotAnUpdate('the body is not UTF-8');
  let text = ascii ? body.toString('latin1') : body.toString();
  if (SURROGATE.test(text)) {
    // As long as what it replaces, so the body's length stays that of the text.
    text = replaceLoneSurrogates(text);
  }
  if (mayBeDeep(text) && isDeep(text)) throw new NotAnUpdate(`the body is nested beyond ${MAX_DEPTH} levels`);
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new NotAnUpdate('the body is not a JSON object');
  }
  const id: unknown = (value as { update_id?: unknown }).update_id;
  if (!isUpdateId(id)) throw new NotAnUpdate('update_id is missing or not an integer from 0 to 2^53 - 1');
  return { id, text, bytes: body.length, value: value as Record<string, unknown> };
}

/** A regular expression, since String.includes() stops at every escape: 1 us instead of 4 for 4 KB of Cyrillic. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

function parseJson(text: string): unknown {
  try {
    return mayLoseNumbers(text) ? parseExactly(text) : JSON.parse(text);
  } catch {
    throw new NotAnUpdate('the body is not JSON');
  }
}

function isUpdateId(id: unknown): id is number {
  return Number.isSafeInteger(id) && (id as number) >= 0;
}

/** An escape: a pair of surrogates, a single `\uXXXX`, or a backslash with one other character. */
const ESCAPE = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([0-9a-fA-F]{4})|[^u])/g;

function replaceLoneSurrogates(text: string): string {
  return text.replace(ESCAPE, (whole, unit: string | undefined) =>
    unit !== undefined && /^[dD][89a-fA-F]/.test(unit) ? '\\ufffd' : whole,
  );
}

/** False where there are too few brackets for the nesting to be deep: true of all that Telegram sends. */
function mayBeDeep(text: string): boolean {
  let openers = 0;
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) {
    if (++openers > MAX_DEPTH) return true;
  }
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) {
    if (++openers > MAX_DEPTH) return true;
  }
  return false;
}

function isDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  return false;
}
