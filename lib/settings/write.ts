import { readFileSync, writeFileSync } from 'node:fs';
import { PACKAGE_ROOT } from '../paths.js';
import { envExample, settingsMarkdown } from './print.js';

/** `npm run settings`: writes what is generated from the table of settings, .env.example and the README's table. */

const README = `${PACKAGE_ROOT}README.md`;

writeFileSync(`${PACKAGE_ROOT}config/.env.example`, envExample());
writeFileSync(
  README,
  readFileSync(README, 'utf8').replace(
    /(<!-- settings -->\n).*(<!-- \/settings -->)/s,
    (_all, begin: string, end: string) => `${begin}${settingsMarkdown()}\n${end}`,
  ),
);
