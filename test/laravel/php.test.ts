import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { compileDate } from '../../lib/php/dates.js';
import { phpFloat } from '../../lib/php/scalars.js';
import { readEnvFile } from '../../lib/settings/env-file.js';
import { slug } from '../../lib/settings/load.js';
import { laravelApp } from './support/laravel.js';

/** Runs PHP with JSON in $in; what it echoes is read as JSON. */
function php<Result>(code: string, input: unknown): Result {
  const autoload = `require '${laravelApp().folder}/vendor/autoload.php';`;
  const read = '$in = json_decode(stream_get_contents(STDIN), true);';
  const output = execFileSync('php', ['-d', 'serialize_precision=-1', '-r', `${autoload}${read}${code}`], {
    input: JSON.stringify(input),
    maxBuffer: 1e9,
  });
  return JSON.parse(output.toString()) as Result;
}

/** A fixed sequence: the same cases in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

t.test('floats are written as PHP writes them', t => {
  const next = random(1);
  const floats = [
    0.1, 0.0001, 0.00001, 1e16, 1e17, 1.5e300, 5e-324, 1.7976931348623157e308, 123456.789,
    0.30000000000000004,
  ];
  for (let i = 0; i < 5000; i++) floats.push((next() - 0.5) * 10 ** Math.floor(next() * 60 - 30));
  const hex = floats.map(float => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(float);
    return bytes.toString('hex');
  });
  const written = php<string[]>(
    'echo json_encode(array_map(fn($h) => serialize(unpack("e", hex2bin($h))[1]), $in));',
    hex,
  );
  floats.forEach((float, i) => {
    if (`d:${phpFloat(float)};` !== written[i]) t.equal(`d:${phpFloat(float)};`, written[i]);
  });
  t.equal(written.length, floats.length);
  t.end();
});

t.test('dates are written as PHP writes them, in every kind of zone', t => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'europe/moscow',
    'America/New_York',
    'America/St_Johns',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Gaza',
    'Africa/Monrovia',
    'Pacific/Apia',
    'America/Sao_Paulo',
    'Etc/GMT+5',
  ];
  const next = random(2);
  const times = [0, 1, 86_399, 1_764_000_000, 2_147_483_647, 2_147_483_648, 4_102_444_800];
  for (let i = 0; i < 2000; i++) times.push(Math.floor(next() * 3_000_000_000));
  for (let i = 0; i < 200; i++) times.push(Math.floor(next() * 250_000_000_000));
  const code =
    'echo json_encode(array_map(function ($z) use ($in) { date_default_timezone_set($z);' +
    'return array_map(fn($t) => serialize((new DateTimeImmutable())->setTimestamp($t)), $in["times"]); }, $in["zones"]));';
  const written = php<string[][]>(code, { zones, times });
  zones.forEach((zone, z) => {
    const write = compileDate(zone);
    const wrong = times.filter((time, i) => JSON.parse(`"${write('', time, '')}"`) !== written[z]?.[i]);
    t.same(wrong.slice(0, 5), [], zone);
  });
  t.end();
});

t.test('a .env file is read as Laravel reads it', t => {
  const lines = [
    'PLAIN=value',
    'EMPTY=',
    'QUOTED="two words"',
    "SINGLE='two words'",
    'COMMENT=value # not this',
    'HASH="a#b"',
    'SPACED = value',
    'export EXPORTED=value',
    'EXPANDED="${PLAIN}/more"',
    'BARE=${PLAIN}',
    "LITERAL='${PLAIN}'",
    'UNDEFINED=${NOWHERE}',
    'FIRST=${LAST}',
    'LAST=last',
    'CHAIN=${EXPANDED}!',
    "DOLLARS='pa$$w$rd'",
    'DOLLAR=pa$word',
    'NULL=null',
    'TWICE=1',
    'TWICE=2',
    'BACKSLASH=App\\Jobs\\Job',
    'ESCAPES="a \\"quote\\" \\\\ and \\$ and \\t tab ${PLAIN} \\${PLAIN}"',
  ];
  const folder = mkdtempSync(join(tmpdir(), 'tgook-env-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, '.env'), `${lines.join('\n')}\n`);
  const code = 'echo json_encode(Dotenv\\Dotenv::createArrayBacked($in)->load());';
  t.strictSame({ ...readEnvFile(join(folder, '.env'), {}).values }, php<object>(code, folder));
  t.end();
});

t.test('prefixes are made of the name as Laravel makes them', t => {
  const names = [
    'Laravel',
    'My App',
    'my-app',
    'a_b-c',
    'x@y',
    '  spaces  ',
    'UPPER.case!',
    'a--b__c',
    '100% bot',
    "it's",
  ];
  for (const separator of ['_', '-'] as const) {
    const code = `echo json_encode(array_map(fn($n) => Illuminate\\Support\\Str::slug($n, '${separator}'), $in));`;
    t.same(
      names.map(name => slug(name, separator, 'REDIS_PREFIX')),
      php<string[]>(code, names),
    );
  }
  t.end();
});
