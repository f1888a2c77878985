import type { ClassFacts, TypeFacts } from '../../../lib/schema/facts.js';

/**
 * Holds what a job received against the update that was sent, property by property. Returns the places that
 * differ; an empty list means that everything is there and nothing else is.
 */
export function differences(facts: ClassFacts, body: unknown, dump: unknown): string[] {
  const found: string[] = [];
  compareObject(facts, facts.root, body, dump, 'update', found);
  return found;
}

type Json = Record<string, unknown>;

function compareObject(
  facts: ClassFacts,
  className: string,
  sent: unknown,
  dump: unknown,
  where: string,
  found: string[],
): void {
  const received = dump as Json;
  if (received?.['@'] !== className.slice(className.lastIndexOf('\\') + 1)) {
    found.push(`${where}: not ${className}`);
    return;
  }
  const names = new Set(['@']);
  for (const { name, key, type } of facts.classes[className] ?? []) {
    if (name.includes('\0')) continue;
    names.add(name);
    const value = key === null ? undefined : (sent as Json)[key];
    compare(facts, type, value ?? null, received[name], `${where}.${name}`, found);
  }
  for (const name of Object.keys(received)) if (!names.has(name)) found.push(`${where}.${name}: unexpected`);
}

function compare(
  facts: ClassFacts,
  type: TypeFacts,
  sent: unknown,
  received: unknown,
  where: string,
  found: string[],
): void {
  if (sent === null) {
    if (received !== null) found.push(`${where}: not null`);
    return;
  }
  switch (type.kind) {
    case 'object':
      compareObject(facts, type.class, sent, received, where, found);
      break;
    case 'union':
    case 'rich-text':
      compareUnion(facts, type, sent, received, where, found);
      break;
    case 'maybe-inaccessible-message': {
      const name = (sent as Json).date === 0 ? type.inaccessible : type.message;
      compareObject(facts, name, sent, received, where, found);
      break;
    }
    case 'list': {
      const items = sent as unknown[];
      if (items.length !== (received as unknown[]).length) found.push(`${where}: another length`);
      items.forEach((item, i) => {
        compare(facts, type.of, item, (received as unknown[])[i], `${where}[${i}]`, found);
      });
      break;
    }
    case 'date':
      if ((received as Json).timestamp !== sent) found.push(`${where}: another date`);
      break;
    case 'until-date':
      if (sent === 0 ? received !== false : (received as Json).timestamp !== sent)
        found.push(`${where}: another date`);
      break;
    default:
      if (received !== sent)
        found.push(`${where}: ${JSON.stringify(received)} instead of ${JSON.stringify(sent)}`);
  }
}

function compareUnion(
  facts: ClassFacts,
  type: Extract<TypeFacts, { union: string }>,
  sent: unknown,
  received: unknown,
  where: string,
  found: string[],
): void {
  if (typeof sent === 'string') {
    if (received !== sent) found.push(`${where}: another text`);
  } else if (Array.isArray(sent)) {
    sent.forEach((item, i) => {
      compareUnion(facts, type, item, (received as unknown[])[i], `${where}[${i}]`, found);
    });
  } else {
    const { key, map } = facts.unions[type.union]!;
    compareObject(facts, map[String((sent as Json)[key])] ?? '', sent, received, where, found);
  }
}
