import t from 'tap';
import {
  freshUpdate,
  HOST,
  lengthOf,
  PATH,
  type Row,
  request,
  SECRET,
  startTarget,
} from '../support/attack.js';

/** Bodies that are no update: 400, whatever they are. */

const target = await startTarget(t, { TGOOK_MAX_BODY: undefined });

function bytes(body: Uint8Array): Buffer {
  const head = [
    `POST ${PATH} HTTP/1.1`,
    HOST,
    `Content-Length: ${body.length}`,
    `X-Telegram-Bot-Api-Secret-Token: ${SECRET}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

const refused = (name: string, body: string | Uint8Array): Row => [
  name,
  '400',
  bytes(typeof body === 'string' ? Buffer.from(body) : body),
];

const good = freshUpdate();
const withText = (text: string) => good.replace(/"text of \d+"/, text);

target.table(t, [
  refused('nothing', ''),
  refused('blanks', ' \r\n\t '),
  refused('a truncated object', good.slice(0, -1)),
  refused('half an object', good.slice(0, good.length >> 1)),
  refused('a truncated string', withText('"abc')),
  refused('a byte order mark', `\ufeff${good}`),
  refused('a letter behind the object', `${good}x`),
  refused('a bracket behind the object', `${good}}`),
  refused('a comma behind the object', `${good},`),
  refused('NUL behind the object', `${good}\0`),
  refused('two objects', `${good}\n${good}`),
  refused('an object in front of another', `{}${good}`),
  refused('a list', `[${good}]`),
  refused('a string', JSON.stringify(good)),
  ...['null', 'true', '1', '""', '[]', '{}', '-', '{', '"', 'undefined', 'NaN'].map(body =>
    refused(body, body),
  ),
  refused('a form', `update_id=1&message=${encodeURIComponent(good)}`),
  refused('XML', '<update><update_id>1</update_id></update>'),
]);

target.table(t, [
  refused('a comma behind the last member', good.replace(/}$/, ',}')),
  refused('a comma behind the last item', withText('[1,]')),
  refused('a missing comma', good.replace('},"', '}"')),
  refused('a missing colon', good.replace('":', '"')),
  refused('a name without quotes', good.replace('"update_id"', 'update_id')),
  refused('single quotes', good.replaceAll('"', "'")),
  refused('a comment', good.replace(',', '/* a */,')),
  refused('a blank that is none of JSON', good.replace(',', ',\u00a0')),
  refused('a vertical tab', good.replace(',', ',\v')),
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '0x10',
    '01',
    '-01',
    '+1',
    '.5',
    '1.',
    '1e',
    '1e+',
    '--1',
    '-',
    '1_0',
    'True',
    'nul',
  ].map(value => refused(`the value ${value}`, withText(value))),
  ...['\\x41', '\\u12', '\\u12G4', '\\', '\\U0041', '\n', '\t', '\0', '\x1f'].map(text =>
    refused(`a string with ${JSON.stringify(text)}`, withText(`"a${text}"`)),
  ),
]);

const badBytes: ReadonlyArray<readonly [name: string, ...bytes: number[]]> = [
  ['ff', 0xff],
  ['a continuation alone', 0x80],
  ['a surrogate', 0xed, 0xa0, 0x80],
  ['a pair of surrogates (CESU-8)', 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  ['an overlong NUL', 0xc0, 0x80],
  ['an overlong slash', 0xe0, 0x80, 0xaf],
  ['beyond U+10FFFF', 0xf4, 0x90, 0x80, 0x80],
  ['five bytes', 0xf8, 0x88, 0x80, 0x80, 0x80],
  ['a character that is cut', 0xf0, 0x9f, 0x98],
];

target.table(t, [
  ...badBytes.map(([name, ...bad]) =>
    refused(
      `UTF-8 that is none: ${name}`,
      Buffer.from(withText(`"a${String.fromCharCode(...bad)}"`), 'latin1'),
    ),
  ),
  refused('bytes that are no UTF-8 behind the object', Buffer.from(`${good}\xff`, 'latin1')),
  refused('Latin-1', Buffer.from(withText('"M\xfcller"'), 'latin1')),
  refused('UTF-16', Buffer.from(good, 'utf16le')),
  refused('UTF-16 with a byte order mark', Buffer.from(`\ufeff${good}`, 'utf16le')),
]);

const lists = (levels: number) => withText('['.repeat(levels) + ']'.repeat(levels));
const objects = (levels: number) => withText(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);

// The message is the second level.
target.table(t, [
  refused('101 levels of lists', lists(99)),
  refused('101 levels of objects', objects(99)),
  refused('100,000 levels of lists', lists(100_000)),
  refused('100,000 levels of objects', objects(100_000)),
  refused('a megabyte of openers', '['.repeat(1024 * 1024)),
  refused('openers behind a string of escapes', withText(`"${'\\\\'.repeat(1000)}","b":${'['.repeat(101)}`)),
]);

const ids = [
  'null',
  '"1"',
  '1.5',
  '1.0',
  '1e2',
  '-1',
  '-1e400',
  '1e400',
  '9007199254740992',
  '9223372036854775808',
  '9'.repeat(400),
  'true',
  '[1]',
  '{"id":1}',
];

target.table(t, [
  ...ids.map(id =>
    refused(`update_id ${id.slice(0, 30)}`, good.replace(/"update_id":\d+/, `"update_id":${id}`)),
  ),
  refused('no update_id', good.replace('update_id', 'updateId')),
  refused('update_id within the message alone', `{"message":${good}}`),
  refused('update_id in upper case', good.replace('update_id', 'UPDATE_ID')),
  refused('update_id of the prototype', `{"__proto__":${good}}`),
  refused('an update_id, and a bad one behind it', good.replace(/}$/, ',"update_id":"x"}')),
]);

target.table(t, [
  ['a bad body, and an update behind it', '400 200', request({ body: 'bad' }) + request()],
  [
    'a list in chunks',
    '400',
    request({ headers: [HOST, 'Transfer-Encoding: chunked'], body: '2\r\n[]\r\n0\r\n\r\n' }),
  ],
  ['a good update for comparison', '200', request({ headers: [HOST, lengthOf(good)], body: good })],
]);
