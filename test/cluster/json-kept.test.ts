import t from 'tap';
import { LaravelConsumer, type TakenJob } from '../../lib/laravel/consumer.js';
import { HOST, request, startTarget } from '../support/attack.js';
import { STREAM } from '../support/quarantine.js';
import { type PhpValue, property, unserialize } from '../support/unserialize.js';

/** Updates that are odd, and yet updates: each becomes the right job, or stands in quarantine, never both. */

const target = await startTarget(t, { TGOOK_MAX_BODY: undefined });
const { client } = target.redis;
const keys = {
  list: 'laravel_database_queues:telegram_updates',
  notify: 'laravel_database_queues:telegram_updates:notify',
};

let lastId = 100_000;
const post = (body: string) =>
  target.ask(
    request({
      body: Buffer.from(body).toString('latin1'),
      headers: [HOST, `Content-Length: ${Buffer.byteLength(body)}`],
    }),
  );

/** Every job there is, taken as a Laravel worker takes it. */
async function takeAll(): Promise<TakenJob[]> {
  const jobs: TakenJob[] = [];
  const consumer = new LaravelConsumer(client, keys, job => jobs.push(job));
  consumer.start(1);
  await consumer.finish();
  return jobs;
}

/** A text message; more members may replace its own, since the last of repeated ones counts. */
const message = (id: number, members = '"text":"a"') =>
  `{"update_id":${id},"message":{"message_id":5,"date":1764000000,"chat":{"id":7,"type":"private"},${members}}}`;

const longest = 'x'.repeat(200_000);

const jobs: ReadonlyArray<readonly [name: string, members: string, path: string, value: PhpValue]> = [
  ['a member that comes twice: the last', '"text":"a","text":"b"', 'text', 'b'],
  [
    'an object that comes twice: the last, whole',
    '"location":{"latitude":1.5,"longitude":2.5,"heading":3},"location":{"latitude":1.5,"longitude":2.5}',
    'location.heading',
    null,
  ],
  ['a member whose name is spelled with an escape', '"te\\u0078t":"b"', 'text', 'b'],
  ['__proto__ as a member', '"text":"b","__proto__":{"text":"c","caption":"d"}', 'caption', null],
  ['constructor as a member', '"text":"b","constructor":{"prototype":{"caption":"d"}}', 'caption', null],
  ['members that nobody knows', '"text":"b","toString":1,"hasOwnProperty":null,"":[]', 'text', 'b'],
  ['half a surrogate pair', '"text":"a\\ud83d"', 'text', 'a\ufffd'],
  ['the other half', '"text":"\\ude00b"', 'text', '\ufffdb'],
  ['halves in the wrong order', '"text":"\\ude00\\ud83d"', 'text', '\ufffd\ufffd'],
  ['half a pair behind a backslash', '"text":"\\\\\\ud83d"', 'text', '\\\ufffd'],
  ['a pair', '"text":"\\ud83d\\ude00"', 'text', '\u{1f600}'],
  ['NUL', '"text":"a\\u0000b\\u0000"', 'text', 'a\0b\0'],
  ['control characters', '"text":"\\u0001\\u001f\\u007f\\b\\f"', 'text', '\x01\x1f\x7f\b\f'],
  [
    'joiners and emoji',
    '"text":"\u{1f468}\u200d\u{1f469}\u2028\ufeff"',
    'text',
    '\u{1f468}\u200d\u{1f469}\u2028\ufeff',
  ],
  [
    'text that looks serialized',
    '"text":"O:8:\\"stdClass\\":0:{}R:1;\\";}"',
    'text',
    'O:8:"stdClass":0:{}R:1;";}',
  ],
  [
    'text that looks like JSON',
    '"text":"\\"},\\"attempts\\":99,\\"x\\":{\\""',
    'text',
    '"},"attempts":99,"x":{"',
  ],
  ['a long text', `"text":"${longest}"`, 'text', longest],
  ['an empty text', '"text":""', 'text', ''],
  ['-0 as an integer', '"message_id":-0', 'messageId', 0],
  ['-0.0 as a float', '"location":{"latitude":-0.0,"longitude":0.5}', 'location.latitude', { float: '-0' }],
  [
    '1e400 as a float',
    '"location":{"latitude":1e400,"longitude":0.5}',
    'location.latitude',
    { float: 'INF' },
  ],
  ['an integer above 2^53', '"chat":{"id":9007199254740993,"type":"private"}', 'chat.id', 9007199254740993n],
  [
    'the largest integer',
    '"chat":{"id":9223372036854775807,"type":"private"}',
    'chat.id',
    9223372036854775807n,
  ],
  [
    'the least integer',
    '"chat":{"id":-9223372036854775808,"type":"private"}',
    'chat.id',
    -9223372036854775808n,
  ],
  ['brackets within a text', `"text":"${'[{'.repeat(1000)}"`, 'text', '[{'.repeat(1000)],
];

for (const [name, members, path, value] of jobs) {
  t.test(`${name} becomes the right job`, async t => {
    const id = ++lastId;
    t.equal(await post(message(id, members)), '200');
    const taken = await takeAll();
    t.same(
      taken.map(job => [job.bot, job.updateId]),
      [['main', id]],
    );
    const found = property(unserialize(taken[0]!.command), 'update', 'message', ...path.split('.'));
    t.same(found, value);
    t.equal(typeof found, typeof value);
    await target.serves(t);
    await takeAll();
  });
}

t.test('update_id 0, -0, 2^53 - 1, and the last of several are right', async t => {
  for (const [text, id] of [
    ['0', 0],
    ['-0', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['"x","update_id":4711', 4711],
  ] as const) {
    // 0 and -0 are one update.
    await client.flushall();
    t.equal(await post(message(1).replace('"update_id":1', `"update_id":${text}`)), '200', text);
    t.same(
      (await takeAll()).map(job => job.updateId),
      [id],
      text,
    );
  }
});

t.test('100 levels are read', async t => {
  const id = ++lastId;
  t.equal(await post(message(id, `"a":${'['.repeat(98)}${']'.repeat(98)}`)), '200');
  t.same(
    (await takeAll()).map(job => job.updateId),
    [id],
  );
});

const kept: ReadonlyArray<readonly [name: string, members: string, reason: string]> = [
  [
    'a required field is missing',
    '"location":{"latitude":1.5}',
    'Location.longitude is required, and missing',
  ],
  ['a required field is null', '"message_id":null', 'Message.messageId is required, and missing'],
  ['a string for an integer', '"message_id":"5"', 'Message.messageId: expected integer, got string'],
  ['a float for an integer', '"message_id":5.0', 'Message.messageId: expected integer, got float'],
  ['an integer for a string', '"text":1', 'Message.text: expected string, got integer'],
  ['a list for a string', '"text":["a"]', 'Message.text: expected string, got list'],
  ['an object for a list', '"new_chat_members":{}', 'Message.newChatMembers: expected list, got object'],
  ['a list for an object', '"chat":[]', 'Chat: expected object, got list'],
  ['an integer within a list of objects', '"entities":[1]', 'MessageEntity: expected object, got integer'],
  [
    'an unknown kind',
    '"forward_origin":{"type":"cow","date":1}',
    'MessageOrigin.type: no class for this value',
  ],
  [
    'a kind of the prototype',
    '"forward_origin":{"type":"__proto__","date":1}',
    'MessageOrigin.type: no class for this value',
  ],
  ['a kind that is missing', '"forward_origin":{"date":1}', 'MessageOrigin.type'],
  ['1e400 as an integer', '"message_id":1e400', 'Message.messageId: expected integer, got float'],
  [
    'an integer beyond 64 bits',
    '"chat":{"id":9223372036854775808,"type":"private"}',
    'Chat.id: expected integer, got float',
  ],
  [
    'an integer of a thousand digits',
    `"message_id":${'9'.repeat(1000)}`,
    'Message.messageId: expected integer, got float',
  ],
  [
    'required fields of the prototype',
    '"location":{"__proto__":{"latitude":1.5,"longitude":1.5}}',
    'Location.latitude is required, and missing',
  ],
];

for (const [name, members, reason] of kept) {
  t.test(`${name}: 200, and kept in quarantine with its reason`, async t => {
    const id = ++lastId;
    const before = await target.quarantined();
    const body = message(id, members);
    t.equal(await post(body), '200');
    t.same(await takeAll(), [], 'there is no job');
    t.equal(await target.quarantined(), before + 1);
    const [, list] = (await client.xrevrange(STREAM, '+', '-', 'COUNT', 1))[0]!;
    const fields = Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]]] : [])));
    t.match(fields, { bot: 'main', update_id: String(id), body });
    t.ok(fields.reason?.startsWith(reason), `${fields.reason}`);
    t.equal(await post(body), '200', 'sent again');
    t.equal(await target.quarantined(), before + 1, 'it is kept once');
    await target.serves(t);
    await takeAll();
  });
}
