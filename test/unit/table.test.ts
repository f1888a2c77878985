import t from 'tap';
import { bytesInWords, escapeControls, table } from '../../lib/cli/table.js';

const COLUMNS = [
  { title: 'id' },
  { title: 'name', least: 5 },
  { title: 'bytes', align: 'right' },
  { title: 'reason', least: 4 },
] as const;

const ROWS = [
  ['1-0', 'somebody', '5', 'a long reason'],
  ['1-10', 'x', '12345678', 'short'],
];

t.test('columns are as wide as they must be', t => {
  t.same(table(COLUMNS, ROWS, undefined), [
    'id    name         bytes  reason',
    '1-0   somebody         5  a long reason',
    '1-10  x         12345678  short',
  ]);
  t.same(table(COLUMNS, ROWS, 200), table(COLUMNS, ROWS, undefined));
  t.same(table(COLUMNS, [], 80), ['id  name  bytes  reason']);
  t.end();
});

t.test('on a narrow terminal the columns that may be cut are, one after another', t => {
  t.same(table(COLUMNS, ROWS, 39), table(COLUMNS, ROWS, undefined));
  t.same(table(COLUMNS, ROWS, 38)[1], '1-0   somebo…         5  a long reason');
  t.same(table(COLUMNS, ROWS, 30), [
    'id    name      bytes  reason',
    '1-0   some…         5  a long…',
    '1-10  x      12345678  short',
  ]);
  for (let width = 27; width < 45; width++) {
    for (const line of table(COLUMNS, ROWS, width)) t.ok(line.length <= width, `${width}: ${line}`);
  }
  t.same(table(COLUMNS, ROWS, 10), table(COLUMNS, ROWS, 27), 'and no further than it makes sense');
  t.end();
});

t.test('what a stranger wrote does not steer the terminal', t => {
  t.equal(
    escapeControls('\x1b[31m\x9b1m\x07\r\n\x7f\0é'),
    '\\u001b[31m\\u009b1m\\u0007\\u000d\\u000a\\u007f\\u0000é',
  );
  t.equal(table([{ title: 'a' }], [['\x1b[2J']], undefined)[1], '\\u001b[2J');
  t.end();
});

t.test('bytes in words', t => {
  for (const [bytes, words] of [
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [34 * 1024, '34 KiB'],
    [1024 * 1024, '1.0 MiB'],
    [64 * 1024 * 1024, '64 MiB'],
  ] as const)
    t.equal(bytesInWords(bytes), words);
  t.end();
});
