import { readFileSync } from 'node:fs';
import t from 'tap';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { ByteWriter } from '../../lib/php/byte-writer.js';
import { compileSerializer, type WriteValue } from '../../lib/php/compile.js';
import { readBundledSchema } from '../../lib/schema/bundled.js';
import { parseUpdate } from '../../lib/webhook/update.js';

/** Bytes that PHP itself wrote; test/golden has its own account of them. */
interface Golden {
  readonly id: string;
  readonly bot: string;
  readonly tz: string;
  readonly body: string;
  readonly expect: string;
}

const encoders = new Map<string, WriteValue>();

function serialize(version: string, { bot, tz, body }: Golden): string {
  const key = `${version} ${tz}`;
  const write = encoders.get(key) ?? compileSerializer(readBundledSchema(version), tz);
  encoders.set(key, write);
  const writer = new ByteWriter(64, 0);
  writer.begin(0);
  writer.ascii(write(writer, '', parseUpdate(Buffer.from(body)).value));
  const update = JSON.parse(`"${writer.buffer.toString('utf8', 0, writer.position)}"`) as string;
  return `O:33:"App\\Jobs\\ProcessTelegramUpdateJob":2:{s:5:"botId";s:${bot.length}:"${bot}";s:6:"update";${update}}`;
}

for (const [file, version] of [
  ['updates.jsonl', '0.21.1'],
  ['updates-0.20.jsonl', '0.20'],
] as const) {
  t.test(`an update is serialized byte for byte as PHP does with phptg ${version}`, t => {
    const lines = readFileSync(`${PACKAGE_ROOT}test/golden/${file}`, 'utf8').split('\n').filter(Boolean);
    for (const line of lines) {
      const golden = JSON.parse(line) as Golden;
      t.ok(serialize(version, golden) === golden.expect, golden.id);
    }
    t.end();
  });
}
