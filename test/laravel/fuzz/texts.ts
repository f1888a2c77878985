import type { Random } from 'fast-check';
import { once, pick, several } from './random.js';

/** Pieces of text that have broken serializers, queues and JSON readers elsewhere. */
const PIECES = [
  'hello',
  'a longer text, of plain words. ',
  'Привет, мир',
  '日本語のテキスト',
  'e\u0301é',
  '👩‍👩‍👧‍👦',
  '🇩🇪👍🏽',
  '"',
  '\\',
  '/',
  "'",
  '\b\f\n\r\t',
  '\0',
  '\x1f\x7f\x80\x9f\xa0\xff',
  '\u2028\u2029\ufeff',
  '\ud7ff\ue000\ufffd\ufffe\uffff',
  '\u{10000}\u{10ffff}',
  '";s:4:"evil";O:8:"stdClass":0:{}',
  's:5:"hello";i:5;R:1;r:2;N;}',
  'a:1:{i:0;b:1;}',
  '\\u0041\\ud800',
  '{"json":[1,2,{"a":null}]}',
  '$1 $& ${x} %s',
  '',
] as const;

const LAST_BEFORE_SURROGATES = 0xd7ff;
const FIRST_BEHIND_SURROGATES = 0xe000;
const LAST = 0x10ffff;

/** Text of any sort, as JSON: well-formed, but for a lone surrogate's escape now and then. */
export function jsonText(random: Random): string {
  const pieces = several(random, 5, () => (once(random, 4) ? anyCharacter(random) : pick(random, PIECES)));
  if (once(random, 1000)) pieces.push(pick(random, PIECES).repeat(random.nextInt(100, 2000)));
  const json = spell(random, pieces.join(''));
  return once(random, 200) ? `${json.slice(0, -1)}${loneSurrogate(random)}"` : json;
}

function anyCharacter(random: Random): string {
  const bits = random.nextInt(7, 21);
  const code = Math.min(random.nextInt(0, 2 ** bits - 1), LAST);
  const isSurrogate = code > LAST_BEFORE_SURROGATES && code < FIRST_BEHIND_SURROGATES;
  return String.fromCodePoint(isSurrogate ? FIRST_BEHIND_SURROGATES : code);
}

function loneSurrogate(random: Random): string {
  return pick(random, [
    '\\ud83d',
    '\\uDE00',
    '\\udbff\\ud83d',
    '\\udc00\\ud800',
    '\\ud83d\\u0041',
    '\\uD83D\\\\',
  ]);
}

/** One of the ways to write a text as JSON: most often the shortest. */
export function spell(random: Random, text: string): string {
  switch (random.nextInt(0, 5)) {
    case 0:
      return `"${[...text].map(character => escaped(random, character)).join('')}"`;
    case 1:
      return JSON.stringify(text).replaceAll('/', '\\/');
    default:
      return JSON.stringify(text);
  }
}

function escaped(random: Random, character: string): string {
  if (once(random, 2)) return JSON.stringify(character).slice(1, -1);
  let escapes = '';
  for (let at = 0; at < character.length; at++) {
    const digits = character.charCodeAt(at).toString(16).padStart(4, '0');
    escapes += `\\u${once(random, 2) ? digits : digits.toUpperCase()}`;
  }
  return escapes;
}
