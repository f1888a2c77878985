import { SchemaError } from '../errors.js';
import type { ClassFacts, PropertyFacts, TypeFacts } from '../schema/facts.js';
import type { ByteWriter } from './byte-writer.js';
import { compileDate, type WriteDate } from './dates.js';
import * as scalars from './scalars.js';

/**
 * The compiler from class facts to a function that writes PHP's serialize() of an update.
 *
 * Each class becomes one JavaScript function. Most of a Message's 115 properties are absent, and PHP writes
 * every one of them: the text of the object with all of them absent is therefore one constant, of which a
 * function copies whole stretches between the properties that are there.
 *
 * The source is generated from the facts alone, every name and text in it through JSON.stringify.
 */

/**
 * Writes one value: ASCII into the text returned, other text into the writer on the way.
 *
 * @throws Misfit when the value does not have the type that PHP would demand
 */
export type WriteValue = (writer: ByteWriter, pending: string, value: unknown) => string;

/** What the generated functions call; `T` holds the classes' constants, by number. */
interface Runtime {
  readonly s: typeof scalars;
  readonly writeDate: WriteDate;
  readonly T: string[];
}

/**
 * Compiles the encoder of one phptg version.
 *
 * @param facts its class facts
 * @param timeZone the app's time zone, an IANA name
 * @returns writes the object of the root class for a parsed update
 * @throws SchemaError when the facts name a class, union or kind that they do not have
 */
export function compileSerializer(facts: ClassFacts, timeZone: string): WriteValue {
  const runtime: Runtime = { s: scalars, writeDate: compileDate(timeZone), T: [] };
  const numbers = new Map(Object.keys(facts.classes).map((name, number) => [name, number]));
  const context: Context = { facts, numbers, constants: runtime.T };
  const source = [
    ...Object.entries(facts.classes).map(([name, properties]) => classSource(context, name, properties)),
    ...Object.keys(facts.unions).map(name => unionSource(context, name)),
    ...Object.keys(facts.unions).map(name => richTextSource(context, name)),
    `return ${classFunction(context, facts.root)};`,
  ];
  return new Function('runtime', `'use strict';\nconst {s, writeDate, T} = runtime;\n${source.join('\n')}`)(
    runtime,
  ) as WriteValue;
}

interface Context {
  readonly facts: ClassFacts;
  readonly numbers: ReadonlyMap<string, number>;
  readonly constants: string[];
}

const quote = (text: string): string => JSON.stringify(text);

function classFunction({ numbers }: Context, className: string): string {
  const number = numbers.get(className);
  if (number === undefined) throw new SchemaError(`the class facts name ${className} and do not have it`);
  return `class${number}`;
}

function unionFunction({ facts }: Context, union: string): string {
  const number = Object.keys(facts.unions).indexOf(union);
  if (number < 0) throw new SchemaError(`the class facts name the union ${union} and do not have it`);
  return `union${number}`;
}

const shortName = (className: string): string => className.slice(className.lastIndexOf('\\') + 1);

/** One function a class: stretches of the constant, and between them the properties that are there. */
function classSource(context: Context, className: string, properties: readonly PropertyFacts[]): string {
  const short = shortName(className);
  const lines: string[] = [];
  let allAbsent = scalars.objectHead(className, properties.length);
  const slot = context.constants.length;
  for (const { name, key, optional, type } of properties) {
    allAbsent += scalars.constantString(name);
    const start = allAbsent.length;
    allAbsent += 'N;';
    if (key === null) continue;
    if (key in Object.prototype) throw new SchemaError(`the class facts have a field named ${key}`);
    const where = `${short}.${name}`;
    lines.push(`v = o[${quote(key)}];`);
    lines.push('if (v !== undefined && v !== null) {');
    lines.push(`p += t.slice(at, ${start});`);
    lines.push(`${valueSource(context, type, 'v', where)}`);
    lines.push(`at = ${allAbsent.length};`);
    lines.push(optional ? '}' : `} else throw s.missing(${quote(where)});`);
  }
  context.constants.push(`${allAbsent}}`);
  return [
    `function ${classFunction(context, className)}(w, p, o) {`,
    `if (typeof o !== 'object' || o === null || Object.getPrototypeOf(o) !== Object.prototype) {`,
    `throw s.misfit(${quote(short)}, 'object', o);`,
    '}',
    `const t = T[${slot}]; let at = 0, v;`,
    ...lines,
    'return p + t.slice(at);',
    '}',
  ].join('\n');
}

/** A statement that appends the value of `variable` to p. */
function valueSource(context: Context, type: TypeFacts, variable: string, where: string): string {
  const place = quote(where);
  switch (type.kind) {
    case 'string':
      return `p = s.writeString(w, p, ${variable}, ${place});`;
    case 'int':
      return `p = s.writeInt(p, ${variable}, ${place});`;
    case 'float':
      return `p = s.writeFloat(p, ${variable}, ${place});`;
    case 'bool':
      return `p = s.writeBool(p, ${variable}, ${place});`;
    case 'true':
      return `p = s.writeTrue(p, ${variable}, ${place});`;
    case 'date':
      return `p = writeDate(p, ${variable}, ${place});`;
    case 'until-date':
      return `p = ${variable} === 0 ? p + 'b:0;' : writeDate(p, ${variable}, ${place});`;
    case 'object':
      return `p = ${classFunction(context, type.class)}(w, p, ${variable});`;
    case 'union':
      return `p = ${unionFunction(context, type.union)}(w, p, ${variable});`;
    case 'rich-text':
      return `p = rich${unionFunction(context, type.union)}(w, p, ${variable}, ${place});`;
    case 'maybe-inaccessible-message': {
      const accessible = classFunction(context, type.message);
      const inaccessible = classFunction(context, type.inaccessible);
      return `p = (${variable}.date === 0 ? ${inaccessible} : ${accessible})(w, p, ${variable});`;
    }
    case 'list':
      return listSource(context, type.of, variable, where);
    default:
      throw new SchemaError(`the class facts have a kind that tgook does not know: ${type.kind}`);
  }
}

/** `a:2:{i:0;…i:1;…}`. Lists nest, so each has variables of its own. */
function listSource(context: Context, of: TypeFacts, list: string, where: string): string {
  const index = `${list}i`;
  const item = `${list}v`;
  return [
    `if (!Array.isArray(${list})) throw s.misfit(${quote(where)}, 'list', ${list});`,
    `p += 'a:' + ${list}.length + ':{';`,
    `for (let ${index} = 0; ${index} < ${list}.length; ${index}++) {`,
    `const ${item} = ${list}[${index}];`,
    `p = w.spill(p + 'i:' + ${index} + ';');`,
    valueSource(context, of, item, `${where}[]`),
    '}',
    `p += '}';`,
  ].join('\n');
}

function unionSource(context: Context, union: string): string {
  const { key, map } = context.facts.unions[union]!;
  const cases = Object.entries(map).map(
    ([value, className]) => `case ${quote(value)}: return ${classFunction(context, className)}(w, p, o);`,
  );
  return [
    `function ${unionFunction(context, union)}(w, p, o) {`,
    `if (typeof o !== 'object' || o === null) throw s.misfit(${quote(union)}, 'object', o);`,
    `switch (o[${quote(key)}]) {`,
    ...cases,
    `default: throw s.unknownKind(${quote(union)}, ${quote(key)});`,
    '}}',
  ].join('\n');
}

/** phptg's RichText: a string, a list of RichText, or an object of the union. */
function richTextSource(context: Context, union: string): string {
  const ofUnion = unionFunction(context, union);
  return [
    `function rich${ofUnion}(w, p, v, where) {`,
    "if (typeof v === 'string') return s.writeString(w, p, v, where);",
    `if (!Array.isArray(v)) return ${ofUnion}(w, p, v);`,
    "p += 'a:' + v.length + ':{';",
    'for (let i = 0; i < v.length; i++) {',
    "p = w.spill(p + 'i:' + i + ';');",
    `p = rich${ofUnion}(w, p, v[i], where);`,
    '}',
    "return p + '}';",
    '}',
  ].join('\n');
}
