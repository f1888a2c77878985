import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { loadSettings } from '../../lib/settings/load.js';
import { envExample, settingsHelp, settingsMarkdown } from '../../lib/settings/print.js';
import { SETTINGS, type SettingName } from '../../lib/settings/table.js';
import { runTgook } from '../support/tgook.js';

const NAMES = Object.keys(SETTINGS) as SettingName[];

t.test('config/.env.example is what the table of settings gives', t => {
  t.equal(
    readFileSync(`${PACKAGE_ROOT}config/.env.example`, 'utf8'),
    envExample(),
    'npm run settings writes it',
  );
  t.end();
});

t.test("the README's table is what the table of settings gives", t => {
  const readme = readFileSync(`${PACKAGE_ROOT}README.md`, 'utf8');
  const [, table] = /^<!-- settings -->\n(.*)\n<!-- \/settings -->$/ms.exec(readme) ?? [];
  t.equal(table, settingsMarkdown(), 'npm run settings writes it');
  t.end();
});

t.test('.env.example names every setting once, and each of its examples can be used', t => {
  const examples = [...envExample().matchAll(/^#([A-Z_]+)=(.*)$/gm)];
  t.same(
    examples.map(([, name]) => name),
    NAMES,
  );
  for (const [, name, example] of examples) {
    if (name === 'TGOOK_APP') continue; // a folder that is not on this machine
    t.doesNotThrow(() => loadSettings({ [name!]: example }, '/dev/null'), `${name}=${example}`);
  }
  t.end();
});

t.test('every setting is described, with its default', t => {
  const rows = settingsMarkdown().split('\n').slice(2);
  t.equal(rows.length, NAMES.length);
  NAMES.forEach((name, i) => {
    t.match(rows[i], new RegExp(`^\\| \`${name}\` \\| \\S.* \\| \\S.* \\|$`), name);
    // A bar that is not escaped would begin a column of its own.
    t.equal(rows[i]?.match(/(?<!\\)\|/g)?.length, 4, name);
  });
  t.notMatch(envExample() + settingsMarkdown() + settingsHelp(), /undefined|\[object [A-Z]/);
  t.end();
});

t.test('--help names every setting, with its default and meaning', async t => {
  const child = runTgook(['--help'], {});
  let output = '';
  child.stdout.on('data', chunk => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  t.equal(code, 0);
  for (const name of NAMES) t.match(output, new RegExp(`^ +${name} \\[.+\\]\n +\\S`, 'm'), name);
  t.ok(output.endsWith(`\n${settingsHelp()}\n`) || output.includes(settingsHelp()), 'the whole of it');
});
