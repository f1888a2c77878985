import type { JobFacts, PropertyFacts, Schema, TypeFacts } from './facts.js';

/** Schemas in words. */

/** The last part of a class name. */
export function shortName(className: string): string {
  return className.slice(className.lastIndexOf('\\') + 1);
}

/** `Message`, `list of PhotoSize`, `string`. */
export function describeType(type: TypeFacts): string {
  switch (type.kind) {
    case 'object':
      return shortName(type.class);
    case 'list':
      return `list of ${describeType(type.of)}`;
    case 'union':
    case 'rich-text':
      return type.union;
    case 'maybe-inaccessible-message':
      return `${shortName(type.message)} or ${shortName(type.inaccessible)}`;
    case 'until-date':
      return 'date or false';
    case 'null':
      return 'always null';
    default:
      return type.kind;
  }
}

/** A property's name without what serialize() puts around one that is not public: `update`, `botId (private)`. */
export function plainName(name: string): string {
  const plain = name.slice(name.lastIndexOf('\0') + 1);
  if (plain === name) return plain;
  return `${plain} (${name.startsWith('\0*') ? 'protected' : 'private'})`;
}

/** `photo: list of PhotoSize, optional`. */
export function describeProperty({ name, optional, type }: PropertyFacts): string {
  return `${plainName(name)}: ${describeType(type)}${optional ? '' : ', required'}`;
}

/** `App\Jobs\ProcessTelegramUpdateJob (botId: the bot's id, update: a typed Update)`. */
export function describeJob({ class: name, format, properties, payload }: JobFacts): string {
  const values = {
    bot: "the bot's id",
    update: format === 'object' ? 'a typed Update' : 'the body as a string',
    time: 'the time',
  };
  const parts = properties.map(property => {
    const value = 'constant' in property ? property.constant : values[property.value];
    return `${plainName(property.name)}: ${value}`;
  });
  const set = Object.entries(payload).map(([field, value]) => `${field} ${JSON.stringify(value)}`);
  return `${name} (${parts.join(', ')})${set.length === 0 ? '' : `, with ${set.join(', ')}`}`;
}

/** `phptg/bot-api 0.21.1: 197 classes, 922 properties`. */
export function describeSchema({ package: name, version, classes }: Schema): string {
  const properties = Object.values(classes).flat().length;
  return `${name} ${version}: ${Object.keys(classes).length} classes, ${properties} properties`;
}
