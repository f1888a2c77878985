import t from 'tap';
import { PhpFloat } from '../../lib/php/float.js';
import { mayLoseNumbers, parseExactly } from '../../lib/webhook/exact-json.js';

t.test('integers are exact to 64 bits, and floats beyond, as PHP reads them', t => {
  for (const [text, value] of [
    ['0', 0],
    ['-0', -0],
    ['5', 5],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', 9_007_199_254_740_992n],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9007199254740993', -9_007_199_254_740_993n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9223372036854775808', new PhpFloat(2 ** 63)],
    ['-9223372036854775809', new PhpFloat(-(2 ** 63))],
    ['5.0', new PhpFloat(5)],
    ['-0.0', new PhpFloat(-0)],
    ['1e3', new PhpFloat(1000)],
    ['1E-7', new PhpFloat(1e-7)],
    ['1e400', new PhpFloat(Number.POSITIVE_INFINITY)],
    [`1${'0'.repeat(400)}`, new PhpFloat(Number.POSITIVE_INFINITY)],
  ] as const) {
    t.strictSame(parseExactly(`[${text}]`), [value], text);
  }
  t.end();
});

t.test('every number that JSON.parse() would change is noticed, wherever it stands', t => {
  for (const number of [
    '5.0',
    '-5.5',
    '1e3',
    '1E3',
    '0e0',
    '-0.0',
    '9007199254740993',
    '-1000000000000000',
  ]) {
    for (const json of [
      `[${number}]`,
      `[1,${number}]`,
      `[ ${number}]`,
      `[1,\n\t${number}]`,
      `{"a":${number}}`,
      `{"a" :\r\n ${number} }`,
      `{"a":"b","c":[[],[${number}]]}`,
    ]) {
      t.ok(mayLoseNumbers(json), json);
    }
  }
  t.end();
});

t.test('what Telegram sends most is left to JSON.parse()', t => {
  for (const json of [
    '{"update_id":1,"message":{"date":1764000000,"chat":{"id":-1001234567890}}}',
    '{"text":"version 1.5 of 2.10.2026"}',
    '{"file_id":"BAADBAAD1e5.0","size":9007199254740,"n":999999999999999}',
    '[]',
  ]) {
    t.notOk(mayLoseNumbers(json), json);
  }
  t.end();
});

t.test('everything but numbers is what JSON.parse() makes of it', t => {
  for (const json of [
    '{"a":1,"a":{"b":2},"a":[3]}',
    '{"a":{"b":1,"c":2},"a":{"c":3}}',
    '{"a":1,"a":1,"b":null,"b":2,"b":null}',
    '{"__proto__":{"a":1},"constructor":{"prototype":1},"hasOwnProperty":2,"":3}',
    '{"__proto__":1,"__proto__":2}',
    '["\\u0000\\b\\f\\n\\r\\t\\/\\\\\\"\\ud83d\\ude00\\u20AC","é😀\u2028",true,false,null,[],{}]',
    ' { "a" : [ 1 , 2 ] } ',
  ]) {
    t.equal(JSON.stringify(parseExactly(json)), JSON.stringify(JSON.parse(json)));
  }
  t.equal(Object.getPrototypeOf(parseExactly('{"__proto__":{"a":1}}')), Object.prototype);
  for (const json of [
    '',
    '{',
    '[1,]',
    '{"a":1,}',
    '[01]',
    '[1.]',
    '[.5]',
    '[1e]',
    '[+1]',
    '[-]',
    '["\n"]',
    '["\\x"]',
    '["\\u12g4"]',
    "['a']",
    '[1] 2',
    '{"a" 1}',
    '[NaN]',
    '[tru]',
    '{a:1}',
    '\u00a0[1]',
    '\ufeff[1]',
  ]) {
    t.throws(() => JSON.parse(json), json);
    t.throws(() => parseExactly(json), json);
  }
  t.end();
});
