import t from 'tap';
import { Misfit } from '../../lib/errors.js';
import { ByteWriter } from '../../lib/php/byte-writer.js';
import { compileSerializer } from '../../lib/php/compile.js';
import { readBundledSchema } from '../../lib/schema/bundled.js';
import { telegramJson } from '../../lib/telegram/json.js';
import { kindOf, queueOf, type TelegramUpdate, UPDATE_KINDS } from '../../lib/telegram/kinds.js';
import { sampleUpdates } from '../../lib/telegram/sample-updates.js';
import { parseUpdate } from '../../lib/webhook/update.js';

const SCHEMA = readBundledSchema('0.21.1');
const serialize = compileSerializer(SCHEMA, 'UTC');

function fits(update: TelegramUpdate): boolean {
  const writer = new ByteWriter(64, 0);
  writer.begin(0);
  try {
    serialize(writer, '', parseUpdate(Buffer.from(telegramJson(update))).value);
    return true;
  } catch (error) {
    if (error instanceof Misfit) return false;
    throw error;
  }
}

t.test('the kinds known to the simulator are those of the class facts', async t => {
  const keys = SCHEMA.classes[SCHEMA.root]!.flatMap(({ key }) => key ?? []);
  t.same([...UPDATE_KINDS].sort(), keys.filter(key => key !== 'update_id').sort());
});

t.test('sample updates are of every kind, fit the classes, and have a queue', async t => {
  const updates = [...sampleUpdates({ count: 5000 })];
  t.same(new Set(updates.map(kindOf)), new Set(UPDATE_KINDS));
  t.same(
    updates.filter(update => !fits(update)),
    [],
  );
  t.notOk(updates.some(update => queueOf(update).startsWith('alone')));
  t.same(
    updates.map(({ update_id }) => update_id),
    updates.map((_, i) => 100_000_001 + i),
  );
});

t.test('misfits are as many as asked for', async t => {
  const updates = [...sampleUpdates({ count: 1000, misfits: 9, firstId: 1 })];
  t.equal(updates.filter(update => !fits(update)).length, 9);
});

t.test('a seed decides everything', async t => {
  const json = (seed: number): string => [...sampleUpdates({ count: 500, seed })].map(telegramJson).join();
  t.equal(json(3), json(3));
  t.not(json(3), json(4));
});

t.test('whole numbers never stand where PHP wants a float', async t => {
  const json = [...sampleUpdates({ count: 5000, seed: 9 })].map(telegramJson).join();
  t.match(json, /"latitude":-?\d+\.\d/);
  t.notMatch(json, /"(latitude|longitude)":-?\d+[,}]/);
});
