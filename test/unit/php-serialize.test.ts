import t from 'tap';
import { Misfit } from '../../lib/errors.js';
import { ByteWriter } from '../../lib/php/byte-writer.js';
import { compileSerializer, type WriteValue } from '../../lib/php/compile.js';
import { PhpFloat } from '../../lib/php/float.js';
import { BUNDLED_SCHEMAS, NEWEST_SCHEMA, readBundledSchema } from '../../lib/schema/bundled.js';
import type { ClassFacts, PropertyFacts, TypeFacts } from '../../lib/schema/facts.js';
import { type GoldenInvalid, type GoldenUpdate, readGolden } from '../support/golden.js';

/** A property whose field has its name. */
const needs = (name: string, type: TypeFacts): PropertyFacts => ({ name, key: name, optional: false, type });
const may = (name: string, type: TypeFacts): PropertyFacts => ({ name, key: name, optional: true, type });

const STRING: TypeFacts = { kind: 'string' };
const INT: TypeFacts = { kind: 'int' };

const listOf = (of: TypeFacts): TypeFacts => ({ kind: 'list', of });
const objectOf = (name: string): TypeFacts => ({ kind: 'object', class: name });

/** A schema of one class, T, with these properties; more classes and unions on request. */
function facts(properties: readonly PropertyFacts[], more: Partial<ClassFacts> = {}): ClassFacts {
  const { classes = {}, unions = {} } = more;
  return { package: 'test', version: '1', root: 'T', unions, classes: { T: properties, ...classes } };
}

function serialize(write: WriteValue, json: string): string {
  const writer = new ByteWriter(16, 0);
  writer.begin(0);
  writer.ascii(write(writer, '', JSON.parse(json)));
  return JSON.parse(`"${writer.buffer.toString('utf8', 0, writer.position)}"`) as string;
}

/** By a schema in UTC: what a body becomes, or the reason why it does not fit. */
function outcome(schema: ClassFacts, json: string): string {
  try {
    return serialize(compileSerializer(schema, 'UTC'), json);
  } catch (error) {
    if (error instanceof Misfit) return `Misfit ${error.message}`;
    throw error;
  }
}

t.test('every property is written, in its order, absent or not', t => {
  const schema = facts([may('a', INT), needs('b', STRING), may('c', INT)]);
  t.equal(outcome(schema, '{"b":"x"}'), 'O:1:"T":3:{s:1:"a";N;s:1:"b";s:1:"x";s:1:"c";N;}');
  t.equal(outcome(schema, '{"c":2,"b":"x","a":1}'), 'O:1:"T":3:{s:1:"a";i:1;s:1:"b";s:1:"x";s:1:"c";i:2;}');
  t.equal(outcome(schema, '{"a":null,"b":"ä","c":null}'), 'O:1:"T":3:{s:1:"a";N;s:1:"b";s:2:"ä";s:1:"c";N;}');
  t.equal(outcome(facts([]), '{"b":1}'), 'O:1:"T":0:{}');
  t.end();
});

t.test('a required property that is absent or null does not fit', t => {
  const schema = facts([may('a', INT), needs('b', STRING)]);
  t.equal(outcome(schema, '{"a":1}'), 'Misfit T.b is required, and missing');
  t.equal(outcome(schema, '{"a":1,"b":null}'), 'Misfit T.b is required, and missing');
  t.equal(outcome(facts([needs('x', objectOf('T'))]), '{}'), 'Misfit T.x is required, and missing');
  t.end();
});

t.test('what the class does not have is ignored, whatever is in it', t => {
  const schema = facts([may('a', INT)]);
  t.equal(outcome(schema, '{"b":{"c":[1]},"A":1,"":2}'), 'O:1:"T":1:{s:1:"a";N;}');
  t.equal(outcome(schema, '{"__proto__":{"a":5},"constructor":1}'), 'O:1:"T":1:{s:1:"a";N;}');
  t.end();
});

t.test('a property can have another name than its field, NUL bytes in it, and no field at all', t => {
  const schema = facts([
    { name: 'fileId', key: 'file_id', optional: true, type: STRING },
    { name: '\u0000T\u0000raw', key: null, optional: true, type: { kind: 'null' } },
  ]);
  t.equal(
    outcome(schema, '{"file_id":"x","fileId":"y","raw":"z","\\u0000T\\u0000raw":"z"}'),
    'O:1:"T":2:{s:6:"fileId";s:1:"x";s:6:"\u0000T\u0000raw";N;}',
  );
  t.end();
});

t.test('an object is an object', t => {
  const schema = facts([may('a', objectOf('N\\U'))], { classes: { 'N\\U': [may('b', INT)] } });
  t.equal(outcome(schema, '{"a":{"b":1}}'), 'O:1:"T":1:{s:1:"a";O:3:"N\\U":1:{s:1:"b";i:1;}}');
  t.equal(outcome(schema, '{"a":{}}'), 'O:1:"T":1:{s:1:"a";O:3:"N\\U":1:{s:1:"b";N;}}');
  for (const [value, got] of [
    ['[]', 'list'],
    ['[{"b":1}]', 'list'],
    ['"b"', 'string'],
    ['5', 'integer'],
    ['false', 'boolean'],
  ]) {
    t.equal(outcome(schema, `{"a":${value}}`), `Misfit U: expected object, got ${got}`);
  }
  t.end();
});

t.test('lists have the keys 0, 1, 2 …, and nest', t => {
  const schema = facts([may('a', listOf(INT)), may('b', listOf(listOf(STRING)))]);
  const with0 = (a: string, b: string) => `O:1:"T":2:{s:1:"a";${a};s:1:"b";${b};}`.replaceAll('};', '}');
  t.equal(outcome(schema, '{"a":[]}'), with0('a:0:{}', 'N'));
  t.equal(outcome(schema, '{"a":[7,8]}'), with0('a:2:{i:0;i:7;i:1;i:8;}', 'N'));
  t.equal(
    outcome(schema, '{"b":[["x"],[],["y","ä"]]}'),
    with0('N', 'a:3:{i:0;a:1:{i:0;s:1:"x";}i:1;a:0:{}i:2;a:2:{i:0;s:1:"y";i:1;s:2:"ä";}}'),
  );
  t.equal(outcome(schema, '{"a":{}}'), 'Misfit T.a: expected list, got object');
  t.equal(outcome(schema, '{"a":{"0":1}}'), 'Misfit T.a: expected list, got object');
  t.equal(outcome(schema, '{"a":[1,null]}'), 'Misfit T.a[]: expected integer, got null');
  t.equal(outcome(schema, '{"b":[1]}'), 'Misfit T.b[]: expected list, got integer');
  t.equal(outcome(schema, '{"b":[["x",2]]}'), 'Misfit T.b[][]: expected string, got integer');
  t.equal(outcome(schema, '{"b":[[null]]}'), 'Misfit T.b[][]: expected string, got null');
  t.end();
});

t.test('a union is resolved by its discriminator, which is no property', t => {
  const schema = facts(
    [may('a', { kind: 'union', union: 'Kind' }), may('b', listOf({ kind: 'union', union: 'Kind' }))],
    {
      unions: { Kind: { key: 'type', map: { one: 'N\\One', two: 'N\\Two', '"quoted\\': 'N\\One' } } },
      classes: { 'N\\One': [may('x', INT)], 'N\\Two': [needs('y', INT)] },
    },
  );
  const one = 'O:5:"N\\One":1:{s:1:"x";N;}';
  t.equal(outcome(schema, '{"a":{"type":"one"}}'), `O:1:"T":2:{s:1:"a";${one}s:1:"b";N;}`);
  t.equal(outcome(schema, '{"a":{"type":"\\"quoted\\\\"}}'), `O:1:"T":2:{s:1:"a";${one}s:1:"b";N;}`);
  t.equal(
    outcome(schema, '{"b":[{"type":"two","y":1},{"type":"one"}]}'),
    `O:1:"T":2:{s:1:"a";N;s:1:"b";a:2:{i:0;O:5:"N\\Two":1:{s:1:"y";i:1;}i:1;${one}}}`,
  );
  t.equal(outcome(schema, '{"a":{"type":"two"}}'), 'Misfit Two.y is required, and missing');
  for (const value of [
    '{}',
    '{"type":"three"}',
    '{"type":"One"}',
    '{"type":null}',
    '{"type":1}',
    '{"type":["one"]}',
    '{"type":"constructor"}',
    '[]',
    '["one"]',
  ]) {
    t.equal(outcome(schema, `{"a":${value}}`), 'Misfit Kind.type: no class for this value', value);
  }
  t.equal(outcome(schema, '{"a":"one"}'), 'Misfit Kind: expected object, got string');
  t.equal(outcome(schema, '{"b":[null]}'), 'Misfit Kind: expected object, got null');
  t.end();
});

t.test('a rich text is a string, a list of rich texts, or an object of its union', t => {
  const rich: TypeFacts = { kind: 'rich-text', union: 'RichText' };
  const schema = facts([may('a', rich), may('b', listOf(rich))], {
    unions: { RichText: { key: 'type', map: { bold: 'Bold' } } },
    classes: { Bold: [needs('text', rich)] },
  });
  const a = (value: string) => `O:1:"T":2:{s:1:"a";${value}s:1:"b";N;}`;
  t.equal(outcome(schema, '{"a":"x"}'), a('s:1:"x";'));
  t.equal(outcome(schema, '{"a":[]}'), a('a:0:{}'));
  t.equal(
    outcome(schema, '{"a":["x",["ä"],{"type":"bold","text":["y"]}]}'),
    a('a:3:{i:0;s:1:"x";i:1;a:1:{i:0;s:2:"ä";}i:2;O:4:"Bold":1:{s:4:"text";a:1:{i:0;s:1:"y";}}}'),
  );
  t.equal(outcome(schema, '{"b":["x"]}'), 'O:1:"T":2:{s:1:"a";N;s:1:"b";a:1:{i:0;s:1:"x";}}');
  t.equal(outcome(schema, '{"a":[5]}'), 'Misfit RichText: expected object, got integer');
  t.equal(outcome(schema, '{"a":[null]}'), 'Misfit RichText: expected object, got null');
  t.equal(outcome(schema, '{"a":{"type":"italic"}}'), 'Misfit RichText.type: no class for this value');
  t.equal(outcome(schema, '{"a":{"type":"bold"}}'), 'Misfit Bold.text is required, and missing');
  t.end();
});

t.test('a message whose date is 0 is the inaccessible one', t => {
  const schema = facts([may('m', { kind: 'maybe-inaccessible-message', message: 'M', inaccessible: 'I' })], {
    classes: { M: [needs('date', { kind: 'date' }), may('text', STRING)], I: [needs('id', INT)] },
  });
  t.equal(outcome(schema, '{"m":{"date":0,"id":1}}'), 'O:1:"T":1:{s:1:"m";O:1:"I":1:{s:2:"id";i:1;}}');
  t.match(
    outcome(schema, '{"m":{"date":1,"text":"x"}}'),
    /^O:1:"T":1:\{s:1:"m";O:1:"M":2:\{s:4:"date";O:17:/,
  );
  t.equal(outcome(schema, '{"m":{"id":1}}'), 'Misfit M.date is required, and missing');
  t.equal(outcome(schema, '{"m":{"date":"0"}}'), 'Misfit M.date: expected integer, got string');
  t.equal(outcome(schema, '{"m":"date"}'), 'Misfit M: expected object, got string');
  t.equal(outcome(schema, '{"m":0}'), 'Misfit M: expected object, got integer');
  t.end();
});

t.test('an until-date of 0 is false', t => {
  const schema = facts([may('a', { kind: 'until-date' })]);
  t.equal(outcome(schema, '{"a":0}'), 'O:1:"T":1:{s:1:"a";b:0;}');
  t.match(outcome(schema, '{"a":1764000000}'), /s:26:"2025-11-24 16:00:00\.000000"/);
  t.equal(outcome(schema, '{"a":false}'), 'Misfit T.a: expected integer, got boolean');
  t.end();
});

t.test('facts that contradict themselves are refused at the start', t => {
  for (const [schema, message] of [
    [facts([may('a', objectOf('Absent'))]), /^the class facts name Absent and do not have it$/],
    [
      facts([may('a', { kind: 'union', union: 'Absent' })]),
      /^the class facts name the union Absent and do not have it$/,
    ],
    [
      facts([may('a', { kind: 'rich-text', union: 'RichText' })]),
      /^the class facts name the union RichText and do not have it$/,
    ],
    [facts([], { unions: { U: { key: 'k', map: { a: 'Absent' } } } }), /^the class facts name Absent/],
    [
      facts([may('a', { kind: 'enum' } as unknown as TypeFacts)]),
      /^the class facts have a kind that tgook does not know: enum$/,
    ],
    [facts([may('constructor', INT)]), /^the class facts have a field named constructor$/],
    [facts([may('__proto__', INT)]), /^the class facts have a field named __proto__$/],
    [{ ...facts([]), root: 'Absent' }, /^the class facts name Absent/],
  ] as const) {
    t.throws(() => compileSerializer(schema, 'UTC'), { name: 'SchemaError', message });
  }
  t.end();
});

t.test('names in the facts are data, not code', t => {
  const name = 'x\'];throw new Error("run");//\n`${1}\\';
  const schema = facts([{ name, key: name, optional: true, type: STRING }], {
    unions: { U: { key: name, map: { [name]: 'T' } } },
  });
  const text = outcome(schema, JSON.stringify({ [name]: 'y' }));
  t.equal(text, `O:1:"T":1:{s:${name.length}:"${name}";s:1:"y";}`);
  t.end();
});

t.test('the bundled schemas are there, oldest first, and the newest is the default', t => {
  t.same(BUNDLED_SCHEMAS, ['0.20', '0.21', '0.21.1']);
  t.equal(NEWEST_SCHEMA, '0.21.1');
  for (const version of BUNDLED_SCHEMAS) t.equal(readBundledSchema(version).version, version);
  t.end();
});

/** How a reason may look: classes, properties and types, in this form alone. */
const REASON =
  /^[A-Z][A-Za-z]*(\.[A-Za-z0-9]+(\[\])*)?(: expected (string|integer|float|boolean|true|list|object|date from 1970 to 9999), got (null|string|boolean|list|object|integer|float)|: no class for this value| is required, and missing)$/;

t.test('what does not fit is told in names and types, never with a value', t => {
  const reasons = new Set<string>();
  for (const { body, body64, area } of readGolden<GoldenInvalid>('invalid.jsonl')) {
    if (area !== 'schema') continue;
    const text = body ?? Buffer.from(body64!, 'base64').toString();
    const reason = outcome(readBundledSchema(NEWEST_SCHEMA), text);
    if (!reason.startsWith('Misfit ')) continue;
    reasons.add(reason);
    t.match(reason.slice('Misfit '.length), REASON);
  }
  t.ok(reasons.size > 50, `${reasons.size} reasons`);
  t.end();
});

/** All places in a value, as paths. */
function places(
  value: unknown,
  path: readonly (string | number)[] = [],
): Array<readonly (string | number)[]> {
  if (typeof value !== 'object' || value === null) return [path];
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
  return [path, ...keys.flatMap(key => places((value as Record<string, unknown>)[key], [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

t.test('any value in any place of an update is serialized, or refused with a reason of that form', t => {
  const write = compileSerializer(readBundledSchema(NEWEST_SCHEMA), 'UTC');
  const values = [
    'hidden";O:1:"X":0:{}',
    new PhpFloat(31_337.25),
    2n ** 62n,
    31_337,
    -1,
    0,
    true,
    null,
    [],
    {},
    ['hidden'],
    { hidden: 1 },
    [null],
    [[]],
  ];
  const wrong = new Set<string>();
  let runs = 0;
  let misfits = 0;
  for (const { body } of readGolden<GoldenUpdate>('updates.jsonl').filter((_, i) => i % 12 === 0)) {
    const update = JSON.parse(body) as object;
    for (const place of places(update).slice(0, 150)) {
      for (const value of values) {
        runs++;
        try {
          write(new ByteWriter(64 * 1024, 0), '', replaced(update, place, value));
        } catch (error) {
          misfits++;
          const { message } = error as Error;
          if (!(error instanceof Misfit) || !REASON.test(message) || /hidden|31337/.test(message)) {
            wrong.add(`${place.join('.')} ${String(value)}: ${error}`);
          }
        }
      }
    }
  }
  t.same([...wrong].slice(0, 10), []);
  t.ok(misfits > 1000 && misfits < runs, `${misfits} of ${runs} do not fit`);
  t.end();
});
