import { describeJob, describeProperty, plainName, shortName } from './describe.js';
import type { PropertyFacts, Schema } from './facts.js';

/**
 * What differs between two schemas, in words, a line each; none where they give the same bytes.
 *
 * @param before the older of both, as a rule
 */
export function schemaDifferences(before: Schema, after: Schema): string[] {
  return [
    ...(before.root === after.root ? [] : [`an update is ${after.root}, before ${before.root}`]),
    ...jobDifferences(before, after),
    ...names('new class', added(before.classes, after.classes)),
    ...names('class removed', added(after.classes, before.classes)),
    ...unionDifferences(before, after),
    ...Object.entries(after.classes).flatMap(([name, properties]) => {
      const old = before.classes[name];
      return old === undefined ? [] : classDifferences(shortName(name), old, properties);
    }),
  ];
}

/** In words, or as the facts are written, where the words are the same: another namespace, another key. */
function changed(old: PropertyFacts, now: PropertyFacts): string {
  const [was, is] = [describeProperty(old), describeProperty(now)];
  return was === is ? `${JSON.stringify(now)}; before ${JSON.stringify(old)}` : `${is}; before ${was}`;
}

function jobDifferences(before: Schema, after: Schema): string[] {
  const [old, now] = [describeJob(before.job), describeJob(after.job)];
  return old === now ? [] : [`the job was ${old}`, `the job is ${now}`];
}

type Named = Readonly<Record<string, unknown>>;

function added(before: Named, after: Named): string[] {
  return Object.keys(after).filter(name => !(name in before));
}

function names(what: string, classes: readonly string[]): string[] {
  return classes.map(name => `${what} ${shortName(name)}`).sort();
}

function unionDifferences(before: Schema, after: Schema): string[] {
  return Object.entries(after.unions).flatMap(([union, { key, map }]) => {
    const old = before.unions[union];
    if (old === undefined) return [`new choice ${union}, by ${key}`];
    return [
      ...(old.key === key ? [] : [`${union} is chosen by ${key}, before by ${old.key}`]),
      ...added(old.map, map).map(value => `${union}: new kind ${value}`),
      ...added(map, old.map).map(value => `${union}: kind removed ${value}`),
      ...Object.keys(map)
        .filter(value => value in old.map && old.map[value] !== map[value])
        .map(
          value => `${union}: ${value} is ${shortName(map[value]!)}, before ${shortName(old.map[value]!)}`,
        ),
    ];
  });
}

function classDifferences(
  name: string,
  before: readonly PropertyFacts[],
  after: readonly PropertyFacts[],
): string[] {
  const find = (properties: readonly PropertyFacts[], wanted: string): PropertyFacts | undefined =>
    properties.find(property => property.name === wanted);
  const lines: string[] = [];
  after.forEach((property, i) => {
    const old = find(before, property.name);
    if (old === undefined) {
      const behind = i === 0 ? 'first' : `behind ${plainName(after[i - 1]!.name)}`;
      lines.push(`${name}: new property ${describeProperty(property)} (${behind})`);
    } else if (JSON.stringify(old) !== JSON.stringify(property)) {
      lines.push(`${name}: property ${changed(old, property)}`);
    }
  });
  for (const property of before) {
    if (find(after, property.name) === undefined) {
      lines.push(`${name}: property removed ${plainName(property.name)}`);
    }
  }
  const common = (properties: readonly PropertyFacts[], other: readonly PropertyFacts[]): string =>
    properties.flatMap(property => (find(other, property.name) ? property.name : [])).join();
  if (common(before, after) !== common(after, before)) lines.push(`${name}: properties in another order`);
  return lines;
}
