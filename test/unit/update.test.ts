import t, { type Test } from 'tap';
import { NotAnUpdate } from '../../lib/errors.js';
import { parseUpdate } from '../../lib/webhook/update.js';

const parse = (body: string | Uint8Array) =>
  parseUpdate(typeof body === 'string' ? Buffer.from(body) : Buffer.from(body));

/** The text of the update's `text` field, which stands in the body as written here. */
const textOf = (escaped: string): unknown => parse(`{"update_id":1,"text":"${escaped}"}`).value.text;

function refused(t: Test, body: string | Uint8Array, reason: RegExp, told: string): void {
  t.throws(() => parse(body), { name: 'NotAnUpdate', message: reason }, told);
}

t.test('what is not JSON is refused', t => {
  for (const [told, body] of [
    ['empty', ''],
    ['spaces only', ' \n'],
    ['truncated', '{"update_id":1'],
    ['truncated in a string', '{"update_id":1,"text":"a'],
    ['truncated in an escape', '{"update_id":1,"text":"\\u00'],
    ['a byte order mark', '\ufeff{"update_id":1}'],
    ['trailing bytes', '{"update_id":1}x'],
    ['two objects', '{"update_id":1}{"update_id":2}'],
    ['a trailing NUL', '{"update_id":1}\u0000'],
    ['a trailing comma', '{"update_id":1,}'],
    ['a comment', '{"update_id":1/* */}'],
    ['single quotes', "{'update_id':1}"],
    ['a control character in a string', '{"update_id":1,"text":"a\tb"}'],
    ['a leading zero', '{"update_id":01}'],
    ['a plus', '{"update_id":+1}'],
    ['hexadecimal', '{"update_id":0x1}'],
    ['NaN', '{"update_id":NaN}'],
    ['TRUE', '{"update_id":1,"a":TRUE}'],
    ['an unknown escape', '{"update_id":1,"text":"\\x41"}'],
    ['a surrogate escape that is cut', '{"update_id":1,"text":"\\ud8"}'],
  ] as const) {
    refused(t, body, /^the body is not JSON$/, told);
  }
  t.end();
});

t.test('what is not an object is refused', t => {
  for (const body of ['[]', '[{"update_id":1}]', '"update_id"', 'null', 'true', '1', '[1]']) {
    refused(t, body, /^the body is not a JSON object$/, body);
  }
  t.end();
});

t.test('what is not UTF-8 is refused, also where nobody reads it', t => {
  for (const [told, bytes] of [
    ['ff', [0xff]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a pair of surrogates (CESU-8)', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a cut character', [0xe2, 0x82]],
    ['a lone continuation', [0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ] as const) {
    for (const key of ['text', 'unknown']) {
      const body = Buffer.concat([
        Buffer.from(`{"update_id":1,"${key}":"`),
        Buffer.from(bytes),
        Buffer.from('"}'),
      ]);
      refused(t, body, /^the body is not UTF-8$/, `${told} in ${key}`);
    }
  }
  refused(t, Buffer.from('{"update_id":1}', 'utf16le'), /^the body is not (UTF-8|JSON)$/, 'UTF-16');
  t.end();
});

t.test('100 levels are read, the 101st is refused', t => {
  /** An object around lists, or objects in each other: `levels` in all. */
  const lists = (levels: number) => `{"update_id":1,"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const objects = (levels: number) =>
    `{"update_id":1,"a":${'{"a":'.repeat(levels - 1)}1${'}'.repeat(levels)}`;
  for (const nest of [lists, objects]) {
    t.equal(parse(nest(100)).id, 1);
    refused(t, nest(101), /^the body is nested beyond 100 levels$/, '101');
    refused(t, nest(100_000), /^the body is nested beyond 100 levels$/, '100,000');
  }
  refused(t, `${'['.repeat(200)}`, /^the body is nested beyond 100 levels$/, 'openers that nothing closes');
  t.end();
});

t.test('brackets that do not nest are not counted', t => {
  const brackets = '[{'.repeat(500);
  t.equal(parse(`{"update_id":1,"text":"${brackets}"}`).value.text, brackets, 'in a string');
  t.equal(parse(`{"update_id":1,"${brackets}":1}`).id, 1, 'in a key');
  t.equal(parse(`{"update_id":1,"a":"\\"${brackets}","b":"\\\\"}`).id, 1, 'behind an escaped quote');
  t.equal(parse(`{"update_id":1,"a":[${'[],{},'.repeat(500)}1]}`).id, 1, 'beside each other');
  // An even number of backslashes ends the string: what follows nests again.
  const deep = `"a":"\\\\",${'"b":'}${'['.repeat(100)}${']'.repeat(100)}`;
  refused(t, `{"update_id":1,${deep}}`, /nested beyond/, 'behind a string that ends in a backslash');
  refused(
    t,
    `{"update_id":1,"\\"":${'['.repeat(100)}${']'.repeat(100)}}`,
    /nested beyond/,
    'behind an odd key',
  );
  t.end();
});

t.test('update_id is an integer from 0 to 2^53 - 1', t => {
  for (const [text, id] of [
    ['0', 0],
    ['-0', 0],
    ['1', 1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ] as const) {
    t.equal(String(parse(`{"update_id":${text}}`).id), String(id), text);
  }
  for (const text of [
    '-1',
    '1.5',
    '"1"',
    'null',
    'true',
    '[1]',
    '{}',
    '9007199254740992',
    '9007199254740993',
    '1e400',
    '1e20',
  ]) {
    refused(t, `{"update_id":${text}}`, /^update_id is missing or not an integer from 0 to 2\^53 - 1$/, text);
  }
  for (const body of [
    '{}',
    '{"Update_id":1}',
    '{"message":{"update_id":1}}',
    '{"__proto__":{"update_id":1}}',
  ]) {
    refused(t, body, /^update_id is missing/, body);
  }
  t.end();
});

t.test('of keys that are repeated the last one counts', t => {
  const { id, value } = parse('{"update_id":1,"a":{"x":1},"update_id":2,"a":{"y":2}}');
  t.equal(id, 2);
  t.same(value.a, { y: 2 }, 'whole: objects are not merged');
  refused(t, '{"update_id":1,"update_id":"2"}', /^update_id is missing/, 'the last is a string');
  t.equal(parse('{"update_id":1,"update\\u005fid":5}').id, 5, 'spelled with an escape');
  t.end();
});

t.test('keys that mean something to JavaScript are data', t => {
  const { value } = parse(
    '{"update_id":1,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}',
  );
  t.equal(({} as { polluted?: number }).polluted, undefined);
  t.equal(Object.getPrototypeOf(value), Object.prototype);
  t.same(Object.keys(value), ['update_id', '__proto__', 'constructor', 'toString']);
  t.end();
});

t.test('a lone surrogate is replaced by U+FFFD', t => {
  for (const [told, escaped, expected] of [
    ['high', 'a\\ud800b', 'a\ufffdb'],
    ['low', 'a\\udc00b', 'a\ufffdb'],
    ['the last of each', '\\udbff \\udfff', '\ufffd \ufffd'],
    ['upper case', '\\uD83D', '\ufffd'],
    ['at the end', 'a\\ud83d', 'a\ufffd'],
    ['two high', '\\ud83d\\ud83d', '\ufffd\ufffd'],
    ['a swapped pair', '\\ude00\\ud83d', '\ufffd\ufffd'],
    ['before a pair', '\\ud83d\\ud83d\\ude00', '\ufffd\u{1f600}'],
    ['behind a pair', '\\ud83d\\ude00\\ude00', '\u{1f600}\ufffd'],
    ['high before another escape', '\\ud83d\\u0041', '\ufffdA'],
    ['high before a newline', '\\ud83d\\n', '\ufffd\n'],
    ['high before an escaped backslash', '\\ud83d\\\\ude00', '\ufffd\\ude00'],
    ['parted by a letter', '\\ud83dx\\ude00', '\ufffdx\ufffd'],
  ] as const) {
    t.equal(textOf(escaped), expected, told);
  }
  t.end();
});

t.test('what only looks like a lone surrogate stays', t => {
  for (const [told, escaped, expected] of [
    ['a pair', '\\ud83d\\ude00', '\u{1f600}'],
    ['a pair in mixed case', '\\uD83d\\uDe00', '\u{1f600}'],
    ['behind an escaped backslash', '\\\\ud800', '\\ud800'],
    ['behind two', '\\\\\\\\ud800', '\\\\ud800'],
    ['below the surrogates', '\\ud7ff', '\ud7ff'],
    ['above them', '\\ue000', '\ue000'],
    ['the text ud800', 'ud800', 'ud800'],
    ['U+FFFD itself', '\\ufffd', '\ufffd'],
  ] as const) {
    t.equal(textOf(escaped), expected, told);
  }
  t.equal(textOf('\\\\\\ud800'), '\\\ufffd', 'behind an escaped backslash and one of its own');
  t.end();
});

t.test('also in keys, and without an effect on the rest', t => {
  const { value } = parse('{"update_id":1,"\\ud800":2,"a":"\u{1f600}é\\ud800"}');
  t.same(Object.keys(value), ['update_id', '\ufffd', 'a']);
  t.equal(value.a, '\u{1f600}é\ufffd');
  t.end();
});

t.test('the text is the body, well-formed, and its length is in bytes', t => {
  for (const body of [
    '{"update_id":1}',
    ' {"update_id":1,\n"text":"a"} ',
    '{"update_id":1,"text":"é \u{1f600}"}',
    '{"update_id":1,"text":"\\u0000 \\ud83d\\ude00"}',
  ]) {
    const { text, bytes } = parse(body);
    t.same([text, bytes], [body, Buffer.byteLength(body)], JSON.stringify(body));
  }
  const { text, bytes } = parse('{"update_id":1,"text":"é\\ud800"}');
  t.equal(
    text,
    '{"update_id":1,"text":"é\\ufffd"}',
    'but for a lone surrogate, which every reader can read now',
  );
  t.equal(bytes, Buffer.byteLength(text));
  t.ok(Buffer.from(text).toString() === text);
  t.end();
});

t.test('characters of every length come through', t => {
  t.equal(textOf('\\u0000'), '\u0000');
  t.equal(textOf('\\u2028 \u2028'), '\u2028 \u2028');
  t.equal(textOf('\u{1f468}\u200d\u{1f469}'), '\u{1f468}\u200d\u{1f469}');
  t.equal(textOf('ÿ\u00a0'), 'ÿ\u00a0', 'Latin-1 is not taken for bytes');
  t.end();
});

t.test('a refusal does not tell the body', t => {
  for (const body of ['{"update_id":"hidden"}', 'hidden', '["hidden"]', '{"update_id":1,"hidden']) {
    try {
      parse(body);
      t.fail('not refused');
    } catch (error) {
      t.type(error, NotAnUpdate);
      t.notMatch((error as Error).message, /hidden/);
    }
  }
  t.end();
});
