import t from 'tap';
import { Misfit } from '../../lib/errors.js';
import { ByteWriter } from '../../lib/php/byte-writer.js';
import { escapeJson, isPlain } from '../../lib/php/escape.js';
import { PhpFloat } from '../../lib/php/float.js';
import {
  constantString,
  objectHead,
  phpFloat,
  writeBool,
  writeFloat,
  writeInt,
  writeString,
  writeTrue,
} from '../../lib/php/scalars.js';
import { unserialize } from '../support/unserialize.js';

/** What a PHP worker gets to read: the text behind JSON's escapes. */
const unescaped = (json: string): string => JSON.parse(`"${json}"`) as string;

function serializeString(text: string): string {
  const writer = new ByteWriter(16, 0);
  writer.begin(0);
  writer.ascii(writeString(writer, '', text, 'Test.text'));
  return unescaped(writer.buffer.toString('utf8', 0, writer.position));
}

const STRINGS: ReadonlyArray<readonly [told: string, text: string, bytes: number]> = [
  ['empty', '', 0],
  ['ASCII', 'hello', 5],
  ['quotes', 'say "hi"', 8],
  ['backslashes', 'a\\b\\\\', 5],
  ['two bytes each', 'éöß', 6],
  ['Cyrillic', 'Привет', 12],
  ['three bytes each', '日本', 6],
  ['four bytes', '\u{1f600}', 4],
  ['a flag', '\u{1f1e9}\u{1f1ea}', 8],
  ['a family with joiners', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', 18],
  ['the last character', '\u{10ffff}', 4],
  ['NUL', 'a\u0000b', 3],
  ['only NUL', '\u0000', 1],
  ['control characters', '\u0001\u0008\t\n\u000b\f\r\u001b\u001f', 9],
  ['DEL and C1', '\u007f\u0080\u009f', 5],
  ['line separators', '\u2028\u2029', 6],
  ['a byte order mark', '\ufeffx', 4],
  ['the replacement character', '\ufffd', 3],
  ['Latin-1', 'ÿ', 2],
  ['a slash', '</script>', 9],
  ['JSON', '{"a":[1,"b"]}', 13],
  ['an escape as text', '\\u0041\\n', 8],
  ['a serialized string', 's:5:"hello";', 12],
  ['an end of everything', '";}}i:0;O:8:"stdClass":0:{}', 27],
  ['a reference', 'R:1;r:1;', 8],
  ['an object behind two-byte letters', `${'é'.repeat(30)}";O:8:"stdClass":0:{}`, 81],
];

t.test('strings carry their length in bytes, and come back the same', t => {
  for (const [told, text, bytes] of STRINGS) {
    const serialized = serializeString(text);
    t.equal(serialized, `s:${bytes}:"${text}";`, told);
    t.equal(unserialize(serialized), text, told);
  }
  t.end();
});

t.test('every single character of the first plane comes back the same', t => {
  const wrong: number[] = [];
  for (let code = 0; code < 0x10000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const text = String.fromCharCode(code);
    if (serializeString(text) !== `s:${Buffer.byteLength(text)}:"${text}";`) wrong.push(code);
  }
  t.same(wrong, []);
  t.end();
});

t.test('what is written is ASCII where the text is: a worker of another encoding reads it too', t => {
  for (const [told, text] of STRINGS) {
    t.equal(isPlain(text), JSON.stringify(text) === `"${text}"` && /^[\x00-\x7f]*$/.test(text), told);
    t.equal(escapeJson(text), JSON.stringify(text).slice(1, -1), told);
  }
  t.end();
});

t.test('what is pending comes before the string, whatever its kind', t => {
  for (const text of ['plain', 'with "quotes"', 'ä', '"ä"']) {
    const writer = new ByteWriter(16, 0);
    writer.begin(0);
    writer.ascii(`${writeString(writer, 'before;', text, 'Test.text')}behind;`);
    const serialized = unescaped(writer.buffer.toString('utf8', 0, writer.position));
    t.equal(serialized, `before;s:${Buffer.byteLength(text)}:"${text}";behind;`);
  }
  t.end();
});

/** [a float, what PHP 8.2's serialize() writes between `d:` and `;`]. */
const FLOATS: ReadonlyArray<readonly [number, string]> = [
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [-1, '-1'],
  [55, '55'],
  [100, '100'],
  [0.5, '0.5'],
  [-0.25, '-0.25'],
  [55.7558, '55.7558'],
  [-123.456, '-123.456'],
  [0.1 + 0.2, '0.30000000000000004'],
  [0.001, '0.001'],
  [0.0001, '0.0001'],
  [-0.0001, '-0.0001'],
  [0.00012345, '0.00012345'],
  [0.000099999, '9.9999E-5'],
  [0.00001, '1.0E-5'],
  [-0.00001, '-1.0E-5'],
  [0.0000123, '1.23E-5'],
  [1e15, '1000000000000000'],
  [1e16, '10000000000000000'],
  [12345678901234568, '12345678901234568'],
  [99999999999999980, '99999999999999980'],
  [1e17, '1.0E+17'],
  [-1e17, '-1.0E+17'],
  [1.5e17, '1.5E+17'],
  [1e25, '1.0E+25'],
  [123456789012345680000, '1.2345678901234568E+20'],
  [1e100, '1.0E+100'],
  [1e-100, '1.0E-100'],
  [5e-324, '5.0E-324'],
  [2.2250738585072014e-308, '2.2250738585072014E-308'],
  [Number.MAX_VALUE, '1.7976931348623157E+308'],
  [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  [1234567.891, '1234567.891'],
  [9.5, '9.5'],
  [10, '10'],
  [10.01, '10.01'],
];

t.test('floats are spelled as PHP spells them', t => {
  for (const [float, text] of FLOATS) t.equal(phpFloat(float), text);
  t.end();
});

t.test('every float is spelled so that it reads back as itself', t => {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  const wrong: number[] = [];
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 20_000; i++) {
    view.setUint32(0, next());
    view.setUint32(4, next());
    const float = view.getFloat64(0);
    if (!Number.isFinite(float)) continue;
    const text = phpFloat(float);
    if (Number(text) !== float || !/^-?(\d+(\.\d+)?|\d\.\d+E[+-]\d+)$/.test(text)) wrong.push(float);
  }
  t.same(wrong, []);
  t.end();
});

t.test('a float is a number that was written as one', t => {
  t.equal(writeFloat('p', new PhpFloat(1.5), 'Test.x'), 'pd:1.5;');
  t.equal(writeFloat('', new PhpFloat(55), 'Test.x'), 'd:55;');
  t.equal(writeFloat('', new PhpFloat(-0), 'Test.x'), 'd:-0;');
  t.equal(writeFloat('', new PhpFloat(Number('1e400')), 'Test.x'), 'd:INF;');
  t.equal(writeFloat('', new PhpFloat(Number('-1e400')), 'Test.x'), 'd:-INF;');
  for (const value of [55, 2n ** 60n, '1.5', null, true, [], {}]) {
    t.throws(() => writeFloat('', value, 'Test.x'), {
      name: 'Misfit',
      message: /^Test\.x: expected float, got /,
    });
  }
  t.end();
});

t.test('an integer is written exactly', t => {
  for (const [value, text] of [
    [0, 'i:0;'],
    [-0, 'i:0;'],
    [5, 'i:5;'],
    [-1001234567890, 'i:-1001234567890;'],
    [Number.MAX_SAFE_INTEGER, 'i:9007199254740991;'],
    [Number.MIN_SAFE_INTEGER, 'i:-9007199254740991;'],
    [1e15, 'i:1000000000000000;'],
    [2n ** 53n + 1n, 'i:9007199254740993;'],
    [-(2n ** 63n), 'i:-9223372036854775808;'],
  ] as const) {
    t.equal(writeInt('', value, 'Test.n'), text);
  }
  for (const [value, got] of [
    [new PhpFloat(1), 'float'],
    ['1', 'string'],
    [true, 'boolean'],
    [null, 'null'],
    [[1], 'list'],
    [{}, 'object'],
  ] as const) {
    t.throws(() => writeInt('', value, 'Test.n'), { message: `Test.n: expected integer, got ${got}` });
  }
  t.end();
});

t.test('booleans are booleans, and true is only true', t => {
  t.equal(writeBool('p', true, 'Test.b') + writeBool('', false, 'Test.b'), 'pb:1;b:0;');
  t.equal(writeTrue('p', true, 'Test.b'), 'pb:1;');
  for (const value of [0, 1, 'true', '', null, []]) {
    t.throws(() => writeBool('', value, 'Test.b'), { message: /^Test\.b: expected boolean, got / });
    t.throws(() => writeTrue('', value, 'Test.b'), { message: /^Test\.b: expected true, got / });
  }
  t.throws(() => writeTrue('', false, 'Test.b'), { message: 'Test.b: expected true, got boolean' });
  t.end();
});

t.test('a string is only a string', t => {
  const writer = new ByteWriter(16, 0);
  for (const [value, got] of [
    [5, 'integer'],
    [true, 'boolean'],
    [['hidden'], 'list'],
    [{ hidden: 1 }, 'object'],
  ] as const) {
    t.throws(() => writeString(writer, '', value, 'Test.text'), {
      name: 'Misfit',
      message: `Test.text: expected string, got ${got}`,
    });
  }
  t.equal(writer.position, 0);
  t.type(new Misfit(), Error);
  t.end();
});

t.test('constants are escaped, and count bytes', t => {
  t.equal(unescaped(constantString('botId')), 's:5:"botId";');
  t.equal(unescaped(constantString('\u0000A\u0000raw')), 's:6:"\u0000A\u0000raw";');
  t.equal(unescaped(constantString('é"\\')), 's:4:"é"\\";');
  t.equal(unescaped(objectHead('App\\Jobs\\Take', 2)), 'O:13:"App\\Jobs\\Take":2:{');
  t.end();
});
