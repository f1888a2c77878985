import type { PhpObject, PhpValue } from './unserialize.js';

/** Longer texts are cut: this is to be looked at. */
const MAX_TEXT = 60;
const MAX_ITEMS = 3;

/**
 * A PHP value as Laravel's dump() prints it, shortened: what is null is only counted.
 *
 * @param dim marks what is beside the point
 */
export function phpView(value: PhpValue, dim: (text: string) => string, indent = ''): string {
  if (value === null || typeof value !== 'object') return scalar(value);
  if (!('class' in value)) {
    const { entries } = value;
    const lines = entries
      .slice(0, MAX_ITEMS)
      .map(([key, item]) => `${indent}  ${scalar(key)} => ${phpView(item, dim, `${indent}  `)}`);
    if (entries.length > MAX_ITEMS) lines.push(`${indent}  …`);
    return entries.length === 0 ? '[]' : `array:${entries.length} [\n${lines.join('\n')}\n${indent}]`;
  }
  if (value.class === 'DateTimeImmutable') return date(value);
  const given = [...value.properties].filter(([, property]) => property !== null);
  const lines = given.map(
    ([name, property]) => `${indent}  +${name}: ${phpView(property, dim, `${indent}  `)}`,
  );
  const nulls = value.properties.size - given.length;
  if (nulls > 0) lines.push(`${indent}  ${dim(`and ${nulls} that ${nulls === 1 ? 'is' : 'are'} null`)}`);
  return lines.length === 0 ? `${value.class} {}` : `${value.class} {\n${lines.join('\n')}\n${indent}}`;
}

function scalar(value: null | boolean | number | string): string {
  if (typeof value !== 'string') return String(value);
  const characters = [...value];
  return JSON.stringify(characters.length > MAX_TEXT ? `${characters.slice(0, MAX_TEXT).join('')}…` : value);
}

function date({ properties }: PhpObject): string {
  const [day, zone] = [properties.get('date'), properties.get('timezone')].map(String);
  return `DateTimeImmutable ${day?.replace(/\.000000$/, '')} ${zone}`;
}
