import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { JobWriter } from '../lib/laravel/job.js';
import { compileKeys } from '../lib/laravel/keys.js';
import { PACKAGE_ROOT } from '../lib/paths.js';
import { ByteWriter } from '../lib/php/byte-writer.js';
import { loadSettings } from '../lib/settings/load.js';
import { parseUpdate } from '../lib/webhook/update.js';
import { spread, table } from './table.js';
import { escapeLetters, LOCATION, LONG_MESSAGE, makeBody } from './update.js';

/**
 * `npm run bench:encode`: from a body to the finished payload, in one process and without a socket; beside it
 * what PHP itself needs for the same job.
 */

const HELP = `npm run bench:encode -- [options]
  --rounds N        measure each body so often (9)
  --phptg FOLDER    phptg/bot-api with its src/, to measure PHP's fromJson() and serialize() beside it`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    phptg: { type: 'string' },
    boot: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const BODIES: Readonly<Record<string, Buffer>> = {
  'text message': makeBody('escaped').bytes,
  'the same, UTF-8': makeBody('utf8').bytes,
  'long message with a reply': Buffer.from(escapeLetters(JSON.stringify(LONG_MESSAGE))),
  'location, with floats': Buffer.from(LOCATION),
};

/** In one round: long enough for V8 to settle, and for the clock. */
const UPDATES = 20_000;

const FORMATS = ['object', 'json'] as const;

function main(): void {
  const rounds = Number(options.rounds);
  if (!(rounds > 0)) throw new Error(`--rounds takes a positive number\n${HELP}`);
  const php = phpVersion();
  console.log(
    `${cpus()[0]?.model ?? 'unknown CPU'}; Node ${process.version}; PHP ${php ?? 'not measured: give --phptg'}\n`,
  );
  const heading = [
    'us, median (min-max)',
    'bytes',
    ...FORMATS,
    ...(php === undefined ? [] : ['PHP, object']),
  ];
  const rows = Object.entries(BODIES).map(([name, body]) => {
    const times = FORMATS.map(() => [] as number[]);
    const phpTimes: number[] = [];
    // In turns, so that a slow moment of the machine hits all of them.
    for (let round = 0; round < rounds; round++) {
      for (const [i, format] of FORMATS.entries()) times[i]!.push(encodeTime(format, body));
      if (php !== undefined) phpTimes.push(phpTime(body));
    }
    const columns = php === undefined ? times : [...times, phpTimes];
    return [name, String(body.length), ...columns.map(column => spread(column, 1))];
  });
  console.log(table([heading, ...rows]));
  const boots = Array.from({ length: rounds }, () => inFreshProcess('--boot'));
  console.log(`\ncompiling the encoder in a fresh process: ${spread(boots, 1)} ms`);
}

/** Microseconds to parse a body and to write its payload. */
function encodeTime(format: (typeof FORMATS)[number], body: Buffer): number {
  const jobs = jobWriter(format);
  const writer = new ByteWriter(64 * 1024, 0);
  const run = (updates: number): void => {
    for (let i = 0; i < updates; i++) {
      writer.position = 0;
      writer.begin(0);
      jobs.write(writer, '7000000001', parseUpdate(body), 1_764_000_000_000);
    }
  };
  run(UPDATES / 4);
  const start = performance.now();
  run(UPDATES);
  return ((performance.now() - start) * 1000) / UPDATES;
}

function jobWriter(format: string): JobWriter {
  const { settings } = loadSettings({ TGOOK_JOB_FORMAT: format, APP_TIMEZONE: 'Europe/Moscow' }, '/dev/null');
  return new JobWriter(settings, compileKeys(settings));
}

/** Milliseconds from the settings to an encoder that has written its first payload. */
function bootTime(): number {
  const { settings } = loadSettings({ APP_TIMEZONE: 'Europe/Moscow' }, '/dev/null');
  const writer = new ByteWriter(64 * 1024, 0);
  const start = performance.now();
  writer.begin(0);
  new JobWriter(settings, compileKeys(settings)).write(writer, '1', parseUpdate(BODIES['text message']!), 0);
  return performance.now() - start;
}

function inFreshProcess(argument: string): number {
  return Number(
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), argument], { encoding: 'utf8' }),
  );
}

function phpVersion(): string | undefined {
  const { phptg } = options;
  if (phptg === undefined) return undefined;
  if (!existsSync(`${phptg}/src/Type/Update/Update.php`)) throw new Error(`${phptg} has no phptg/bot-api`);
  return execFileSync('php', ['-r', 'echo PHP_VERSION;'], { encoding: 'utf8' });
}

/** Microseconds of PHP for Update::fromJson() and serialize() of the job. */
function phpTime(body: Buffer): number {
  const script = `${PACKAGE_ROOT}bench/encode.php`;
  return Number(execFileSync('php', ['-d', 'opcache.enable_cli=1', script, options.phptg!], { input: body }));
}

if (options.help) console.log(HELP);
else if (options.boot) console.log(bootTime());
else main();
