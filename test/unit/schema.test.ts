import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { SchemaError } from '../../lib/errors.js';
import { BUNDLED_SCHEMAS, readBundledSchema } from '../../lib/schema/bundled.js';
import { schemaDifferences } from '../../lib/schema/diff.js';
import type { PropertyFacts, Schema } from '../../lib/schema/facts.js';
import { printSchema } from '../../lib/schema/print.js';
import { readSchemaFile } from '../../lib/schema/read.js';

const SCHEMA = readBundledSchema('0.21.1');
const MESSAGE = 'Phptg\\BotApi\\Type\\Message';

function file(t: Test, text: string): string {
  const path = join(t.testdir(), 'schema.json');
  writeFileSync(path, text);
  return path;
}

/** What reading a file with this text is refused with. */
function refusal(t: Test, text: string): string {
  const path = file(t, text);
  try {
    readSchemaFile(path);
  } catch (error) {
    if (error instanceof SchemaError) return error.message.replace(path, 'FILE');
    throw error;
  }
  return 'not refused';
}

t.test('every bundled schema is read again as it was printed', t => {
  for (const version of BUNDLED_SCHEMAS) {
    const schema = readBundledSchema(version);
    t.strictSame(readSchemaFile(file(t, printSchema(schema))), schema, version);
  }
  t.end();
});

t.test('a file that is not a whole schema is refused in one line that says why', t => {
  const whole = printSchema(SCHEMA);
  for (const [text, says] of [
    ['', 'is not JSON, or a part of it is missing'],
    [whole.slice(0, -1000), 'is not JSON, or a part of it is missing'],
    ['null', 'is not one: it must be object'],
    ['{}', "is not one: it must have required property 'format'"],
    [whole.replace('"format":1', '"format":2'), 'is of format 2, and this tgook reads 1: update tgook'],
    [whole.replace('"kind":"int"', '"kind":"complex"'), 'kind'],
    [whole.replace('"kind":"list","of":', '"kind":"list","from":'), "must have required property 'of'"],
    [
      whole.replace(`"class":"${MESSAGE.replaceAll('\\', '\\\\')}"`, '"class":"Gone"'),
      'name Gone and do not have it',
    ],
    [whole.replace('"value":"bot"', '"value":"chat"'), '/job/properties/0'],
    [whole.replace('{"name":"update","value":"update"}', '{"name":"x","constant":"N;"}'), 'in one property'],
    [whole.replace('"value":"bot"', '"value":"update"'), 'in one property'],
    [whole.replace('"name":"botId"', '"name":"update"'), 'each property once'],
    [whole.replace('"payload":{}', '"payload":{"retryUntil":1}'), '/job/payload'],
    [whole.replace('"payload":{}', '"payload":{"displayName":"Обновление"}'), '/job/payload/displayName'],
    [whole.replace('"class":"App', '"class":"Äpp'), '/job/class'],
  ] as const) {
    const refused = refusal(t, text);
    t.ok(refused.includes(says), `${says}: ${refused}`);
    t.match(refused, /^the schema FILE [^\n]+ 'tgook schema export'$/);
  }
  t.throws(() => readSchemaFile('/no/such/file'), { message: /cannot be read \(ENOENT\)/ });
  t.end();
});

/** The schema with other properties for Message. */
function withMessage(change: (properties: PropertyFacts[]) => PropertyFacts[]): Schema {
  const { classes } = SCHEMA;
  return { ...SCHEMA, classes: { ...classes, [MESSAGE]: change([...classes[MESSAGE]!]) } };
}

t.test('what differs between two schemas is told in words', t => {
  t.same(schemaDifferences(SCHEMA, SCHEMA), []);
  const added: PropertyFacts = {
    name: 'x',
    key: 'x',
    optional: false,
    type: { kind: 'list', of: { kind: 'int' } },
  };
  t.same(
    schemaDifferences(
      SCHEMA,
      withMessage(([first, ...rest]) => [first!, added, ...rest]),
    ),
    ['Message: new property x: list of int, required (behind messageId)'],
  );
  t.same(
    schemaDifferences(
      withMessage(([first, ...rest]) => [first!, added, ...rest]),
      SCHEMA,
    ),
    ['Message: property removed x'],
  );
  t.same(
    schemaDifferences(
      SCHEMA,
      withMessage(([a, b, ...rest]) => [b!, a!, ...rest]),
    ),
    ['Message: properties in another order'],
  );
  t.same(
    schemaDifferences(
      SCHEMA,
      withMessage(([first, ...rest]) => [{ ...first!, optional: true }, ...rest]),
    ),
    ['Message: property messageId: int; before messageId: int, required'],
  );
  t.same(schemaDifferences(SCHEMA, { ...SCHEMA, job: { ...SCHEMA.job, payload: { maxTries: 5 } } }), [
    "the job was App\\Jobs\\ProcessTelegramUpdateJob (botId: the bot's id, update: a typed Update)",
    "the job is App\\Jobs\\ProcessTelegramUpdateJob (botId: the bot's id, update: a typed Update), with maxTries 5",
  ]);
  t.end();
});

t.test('the newer bundled schemas add to the older ones, and take nothing away', t => {
  const differences = schemaDifferences(readBundledSchema('0.20'), SCHEMA);
  t.equal(differences.filter(line => line.startsWith('new class ')).length, 53);
  t.equal(differences.filter(line => line.includes(': new property ')).length, 16);
  t.notOk(differences.some(line => /removed|another order|before/.test(line)));
  t.ok(differences.includes('Poll: new property membersOnly: bool, required (behind allowsRevoting)'));
  t.end();
});
