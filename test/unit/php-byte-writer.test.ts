import t from 'tap';
import { ByteWriter } from '../../lib/php/byte-writer.js';

const MiB = 1024 * 1024;
const BOUND = 16 * MiB;

const written = (writer: ByteWriter, from = 0): string =>
  writer.buffer.toString('utf8', from, writer.position);

t.test('it grows with what is written', t => {
  const writer = new ByteWriter(8, 0);
  writer.begin(0);
  let expected = '';
  for (let i = 0; i < 2000; i++) {
    writer.ascii(`${i};`);
    writer.utf8(`ä\u{1f600}${i}`);
    expected += `${i};ä\u{1f600}${i}`;
  }
  t.equal(written(writer), expected);
  t.equal(writer.position, Buffer.byteLength(expected));
  t.ok(writer.buffer.length < 4 * expected.length, 'by doubling');
  t.end();
});

t.test('a text that is longer than twice the buffer fits', t => {
  const writer = new ByteWriter(8, 4);
  writer.begin(0);
  writer.ascii('x'.repeat(1000));
  writer.utf8('\u{1f600}'.repeat(1000));
  t.equal(written(writer, 4), 'x'.repeat(1000) + '\u{1f600}'.repeat(1000));
  t.end();
});

t.test('room in front is left, and filled with more, less or as much', t => {
  for (const head of ['$1234\r\n', '$1\r\n', '$1234567\r\n', '']) {
    const writer = new ByteWriter(16, 3);
    writer.buffer.fill('.');
    writer.begin(7);
    t.equal(writer.position, 10);
    writer.ascii('payload');
    writer.utf8('ä');
    writer.prefix(10, head, 7);
    writer.ascii('|');
    t.equal(written(writer, 3), `${head}payloadä|`);
    t.equal(written(writer).slice(0, 3), '...', 'what stands before it is left alone');
  }
  t.end();
});

t.test('the room in front may be more than the buffer has', t => {
  const writer = new ByteWriter(4, 2);
  writer.begin(100);
  writer.ascii('x');
  writer.prefix(102, 'y'.repeat(100), 100);
  t.equal(written(writer, 2), `${'y'.repeat(100)}x`);
  t.end();
});

t.test('text is spilled once it is long', t => {
  const writer = new ByteWriter(8, 0);
  writer.begin(0);
  t.equal(writer.spill('short'), 'short');
  t.equal(writer.position, 0);
  t.equal(writer.spill('x'.repeat(64 * 1024)), '');
  t.equal(writer.position, 64 * 1024);
  t.end();
});

t.test(
  'a payload of 16 MiB is taken, a larger one is not, wherever it begins and whatever the buffer has',
  t => {
    for (const capacity of [8, 256 * 1024, 16 * MiB, 40 * MiB]) {
      for (const start of [0, 32 * 1024, 700_001]) {
        for (const chunk of [64 * 1024, MiB, 48_611]) {
          const writer = new ByteWriter(Math.max(capacity, start), start);
          const text = 'x'.repeat(chunk);
          writer.begin(7);
          const least = writer.position;
          const whole = Math.floor(BOUND / chunk);
          for (let i = 0; i < whole; i++) writer.ascii(text);
          const told = `${capacity} ${start} ${chunk}`;
          t.equal(writer.position - least, whole * chunk, told);
          t.throws(() => writer.ascii('x'.repeat(BOUND - whole * chunk + 1)), { name: 'Misfit' }, told);
        }
      }
    }
    t.end();
  },
);

t.test('the bound is counted in bytes', t => {
  const writer = new ByteWriter(8, 0);
  writer.begin(0);
  writer.utf8('ä'.repeat(BOUND / 2));
  t.equal(writer.position, BOUND);
  t.throws(() => writer.utf8('ä'), {
    name: 'Misfit',
    message: 'the job would be larger than 16777216 bytes',
  });
  t.end();
});

t.test('the bound is of one payload: the next one begins anew', t => {
  const writer = new ByteWriter(8, 0);
  writer.begin(0);
  writer.ascii('x'.repeat(BOUND));
  const first = writer.position;
  writer.begin(0);
  writer.ascii('y'.repeat(BOUND));
  t.equal(writer.position, 2 * BOUND);
  t.throws(() => writer.ascii('z'), { name: 'Misfit' });
  writer.position = first;
  writer.begin(0);
  writer.ascii('after a failure');
  t.equal(written(writer, first), 'after a failure');
  t.end();
});
