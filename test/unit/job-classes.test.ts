import { readFileSync } from 'node:fs';
import t from 'tap';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { loadSettings } from '../../lib/settings/load.js';
import { JOB_CLASSES, jobClassFiles } from '../support/job-classes.js';
import { tgookOutput } from '../support/tgook.js';

const FILES = jobClassFiles();

/** The properties that tgook writes, in their order. */
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  object: ['string $botId', 'Update $update'],
  json: ['string $botId', 'string $update'],
  legacy: ['string $bot_id', 'string $update', 'int $timestamp'],
};

t.test(
  'a class is printed for each framework and format, by default in the first format there is',
  async t => {
    const printed: ReadonlyArray<readonly [args: string, file: string]> = [
      ['', 'object/plain.php'],
      ['--for plain --format object', 'object/plain.php'],
      ['--for hybridgram', 'object/hybridgram.php'],
      ['--for hybridgram --format json', 'json/hybridgram.php'],
      ['--for nutgram', 'json/nutgram.php'],
      ['--for telegraph', 'json/telegraph.php'],
      ['--for telegram-bot-sdk', 'json/telegram-bot-sdk.php'],
      ['--format json', 'json/plain.php'],
      ['--format legacy', 'legacy/plain.php'],
    ];
    for (const [args, file] of printed) {
      const stdout = readFileSync(JOB_CLASSES + file, 'utf8');
      t.same(
        await tgookOutput(['job', ...args.split(' ').filter(Boolean)]),
        { code: 0, stdout, stderr: '' },
        args,
      );
    }
    t.same([...new Set(printed.map(([, file]) => file))].sort(), FILES, 'and there are no others');
  },
);

for (const [args, message] of [
  ['--for nutgram --format object', 'of the format object for nutgram'],
  ['--for hybridgram --format legacy', 'of the format legacy for hybridgram'],
  ['--format xml', 'of the format xml for plain'],
  ['--for ../json/plain --format json', 'of the format json for ../json/plain'],
  ['--for longman', 'for longman'],
] as const) {
  t.test(`job ${args} is refused in one line, with all there are`, async t => {
    const { code, stdout, stderr } = await tgookOutput(['job', ...args.split(' ')]);
    t.equal(code, 1);
    t.equal(stdout, '');
    t.match(stderr, new RegExp(`^tgook: there is no job class ${message}; there are: .*\n$`));
    for (const file of FILES) {
      const [format, framework] = file.replace('.php', '').split('/');
      t.match(stderr, `${format} for ${framework}`);
    }
  });
}

t.test('each class has the name and the properties that tgook writes in its format', t => {
  for (const file of FILES) {
    const format = file.split('/')[0]!;
    const php = readFileSync(JOB_CLASSES + file, 'utf8');
    const { job } = loadSettings({ TGOOK_JOB_FORMAT: format }, '/dev/null').settings.schema;
    const [, namespace, name] =
      /^namespace ([\w\\]+);$.*^final class (\w+) implements ShouldQueue$/ms.exec(php) ?? [];
    t.equal(`${namespace}\\${name}`, job.class, file);
    const properties = [...php.matchAll(/^ {8}public readonly (.+),$/gm)].map(([, property]) => property);
    t.same(properties, PROPERTIES[format], file);
    t.match(php, `TGOOK_JOB_FORMAT=${format}:`, file);
  }
  t.end();
});

t.test('docs/jobs.md links to every class, and to no other', t => {
  const docs = readFileSync(`${PACKAGE_ROOT}docs/jobs.md`, 'utf8');
  const links = [...docs.matchAll(/\(\.\.\/lib\/laravel\/jobs\/(.+?)\)/g)].map(([, file]) => file);
  t.same([...new Set(links)].sort(), FILES);
  t.end();
});
