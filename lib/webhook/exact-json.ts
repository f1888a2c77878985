import { parse } from 'lossless-json';
import { PhpFloat } from '../php/float.js';

/**
 * JSON.parse() forgets how a number was written, which decides what PHP makes of it. Integers of up to 15
 * digits lose nothing by that, and nearly all updates hold no other number: the rest are parsed here.
 */

/**
 * A number with a dot, an exponent or 16 digits. Inside objects and lists a number stands behind one of `:,[`
 * and white space, so none is missed; a text that looks alike only costs time.
 */
const OTHER_NUMBER = /[:,[][ \t\r\n]*-?(?:\d{16}|\d+[.eE])/;

/** False where JSON.parse() loses nothing of the text. */
export function mayLoseNumbers(text: string): boolean {
  return OTHER_NUMBER.test(text);
}

/**
 * Parses JSON with all numbers as PHP's json_decode() reads them: integers beyond 2^53 are a bigint, floats
 * are a PhpFloat. Of repeated keys the last one counts, as with JSON.parse().
 *
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  return parse(text, undefined, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
}

const INTEGER = /^-?\d+$/;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;
/** `-9223372036854775808`: what is longer is beyond 64 bits. */
const LONGEST = 20;

function parseNumber(text: string): number | bigint | PhpFloat {
  const number = Number(text);
  if (!INTEGER.test(text) || text.length > LONGEST) return new PhpFloat(number);
  if (Number.isSafeInteger(number)) return number;
  const integer = BigInt(text);
  return integer >= LEAST && integer <= MOST ? integer : new PhpFloat(number);
}
