import { SETTINGS, type SettingName } from './table.js';

/** The settings' table in its three printed forms. */

interface Row {
  readonly name: SettingName;
  readonly group: string | undefined;
  /** The default, in words where the table has some. */
  readonly shown: string;
  readonly inWords: boolean;
  readonly description: string;
  readonly example: string;
}

function rows(): Row[] {
  return (Object.keys(SETTINGS) as SettingName[]).map(name => {
    const setting: {
      rule: { default?: unknown; desc?: string; example?: string };
      shown?: string;
      group?: string;
    } = SETTINGS[name];
    return {
      name,
      group: setting.group,
      shown: setting.shown ?? String(setting.rule.default),
      inWords: setting.shown !== undefined,
      description: setting.rule.desc ?? '',
      example: setting.rule.example ?? '',
    };
  });
}

/** `config/.env.example`: every setting as a comment, with its description and default. */
export function envExample(): string {
  const lines = [
    "# All settings of tgook. Each line shows an example; remove the # to use it. A Laravel app's .env can be",
    '# given to tgook as it is: names that both know mean the same.',
  ];
  for (const { name, group, shown, description, example } of rows()) {
    if (group !== undefined) lines.push('', `# --- ${group} ---`);
    lines.push('', `# ${description}`, `# Default: ${shown}`, `#${name}=${example}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The README's table. */
export function settingsMarkdown(): string {
  const lines = ['| name | default | meaning |', '|---|---|---|'];
  for (const { name, inWords, shown, description } of rows()) {
    lines.push(`| \`${name}\` | ${inWords ? shown : `\`${shown}\``} | ${description} |`);
  }
  return lines.join('\n');
}

/** The part of `tgook --help` about settings. */
export function settingsHelp(): string {
  const lines = ['Settings (from the environment, else from the .env file):'];
  for (const { name, group, shown, description } of rows()) {
    if (group !== undefined) lines.push('', `  ${group}`);
    lines.push(`    ${name} [${shown}]`, `        ${description}`);
  }
  return `${lines.join('\n')}\n`;
}
