import type { Random } from 'fast-check';
import type { ClassFacts, PropertyFacts, TypeFacts } from '../../../lib/schema/facts.js';
import { anyJson, anyKey, damage } from './damage.js';
import { DocumentArbitrary } from './document-arbitrary.js';
import { JsonDocument, type JsonTree, type ObjectTree } from './json-tree.js';
import { jsonDate, jsonFloat, jsonInt, jsonUpdateId } from './numbers.js';
import { once, pick, shuffle } from './random.js';
import { jsonText, spell } from './texts.js';

/** Values that an update has, about; an update of Telegram has 10 to 60. */
const FEWEST_VALUES = 4;
const MOST_VALUES = 70;

/** White space as JSON has it. */
const GAPS = [' ', '\n  ', '\t', '\r\n', '', '', '  \n\r\t '];

/** A property of a class. */
interface Step {
  readonly className: string;
  readonly property: FilledProperty;
}

type FilledProperty = PropertyFacts & { readonly key: string };

/**
 * Updates made from class facts: two of three fit the classes, the others are damaged. Each leads to a property
 * that was picked from all there are, however far inside.
 */
export function updates(facts: ClassFacts): DocumentArbitrary {
  const maker = new UpdateMaker(facts);
  return new DocumentArbitrary(random => maker.make(random));
}

class UpdateMaker {
  readonly #facts: ClassFacts;
  readonly #properties: ReadonlyMap<string, readonly FilledProperty[]>;
  readonly #steps: readonly Step[];
  /** The properties by which a class is reached from the root on a shortest way. */
  readonly #waysTo = new Map<string, Step[]>();
  /** Objects inside one another, at least, of each class. */
  readonly #heights = new Map<string, number>();
  /** How many more values the update in the making may get beyond those that it must have. */
  #left = 0;

  constructor(facts: ClassFacts) {
    this.#facts = facts;
    const isFilled = (property: PropertyFacts): property is FilledProperty => property.key !== null;
    this.#properties = new Map(
      Object.entries(facts.classes).map(([name, properties]) => [name, properties.filter(isFilled)]),
    );
    this.#findWays();
    this.#findHeights();
    this.#steps = [...this.#waysTo.keys()].flatMap(className =>
      this.#properties.get(className)!.map(property => ({ className, property })),
    );
  }

  make(random: Random): JsonDocument {
    this.#left = random.nextInt(FEWEST_VALUES, MOST_VALUES);
    const root = this.#object(random, this.#facts.root, this.#wayTo(random, pick(random, this.#steps)));
    const id = root.members.findLast(([key]) => key === '"update_id"');
    if (id !== undefined) id[1] = jsonUpdateId(random);
    if (once(random, 3)) damage(random, root, random.nextInt(1, 2));
    const gaps = once(random, 4)
      ? Array.from({ length: random.nextInt(1, 7) }, () => pick(random, GAPS))
      : [];
    return new JsonDocument(root, gaps);
  }

  #wayTo(random: Random, target: Step): Step[] {
    const way = [target];
    for (let { className } = target; className !== this.#facts.root; className = way[0]!.className) {
      way.unshift(pick(random, this.#waysTo.get(className)!));
    }
    return way;
  }

  /** @param way the properties that it must have, from this object on; empty where it leads elsewhere */
  #object(random: Random, className: string, way: readonly Step[]): ObjectTree {
    const properties = this.#properties.get(className)!;
    const members: ObjectTree['members'] = [];
    const add = (property: FilledProperty): void => {
      const inside = property === way[0]?.property ? way.slice(1) : [];
      members.push([`"${property.key}"`, this.#value(random, property.type, inside)]);
    };
    const wanted = this.#wanted(random, properties);
    for (const property of properties) {
      if (!property.optional || wanted.has(property) || property === way[0]?.property) add(property);
      else if (once(random, 100)) members.push([`"${property.key}"`, 'null']);
    }
    if (once(random, 12)) this.#addNoise(random, members);
    return { members };
  }

  /** Which optional properties are there: mostly a few, sometimes as many as the update may have. */
  #wanted(random: Random, properties: readonly FilledProperty[]): Set<FilledProperty> {
    const wanted = new Set<FilledProperty>();
    if (this.#left <= 0 || properties.length === 0) return wanted;
    const most = once(random, 16) ? this.#left : 3;
    for (let count = random.nextInt(0, most); count > 0; count--) wanted.add(pick(random, properties));
    return wanted;
  }

  /** What changes nothing: unknown keys, keys that are repeated later, another order, escapes in keys. */
  #addNoise(random: Random, members: ObjectTree['members']): void {
    if (once(random, 2)) shuffle(random, members);
    if (members.length > 0 && once(random, 2)) members.unshift([pick(random, members)[0], anyJson(random)]);
    if (once(random, 2))
      members.splice(random.nextInt(0, members.length), 0, [anyKey(random), anyJson(random)]);
    for (const member of members) if (once(random, 4)) member[0] = spell(random, member[0].slice(1, -1));
  }

  #value(random: Random, type: TypeFacts, way: readonly Step[]): JsonTree {
    this.#left--;
    switch (type.kind) {
      case 'string':
        return jsonText(random);
      case 'int':
        return jsonInt(random);
      case 'float':
        return jsonFloat(random);
      case 'bool':
        return pick(random, ['true', 'false']);
      case 'true':
        return 'true';
      case 'date':
        return jsonDate(random);
      case 'until-date':
        return once(random, 4) ? '0' : jsonDate(random);
      case 'null':
        return anyJson(random);
      case 'object':
        return this.#object(random, type.class, way);
      case 'union':
        return this.#ofUnion(random, type.union, way);
      case 'rich-text':
        return this.#richText(random, type, way);
      case 'list':
        return { items: this.#items(random, type.of, way) };
      case 'maybe-inaccessible-message': {
        const isInaccessible = way.length > 0 ? way[0]!.className === type.inaccessible : once(random, 3);
        if (!isInaccessible) return this.#object(random, type.message, way);
        const { members } = this.#object(random, type.inaccessible, way);
        return { members: [...members, ['"date"', '0']] };
      }
    }
  }

  /** The first of them goes the way. Once in a while the items repeat themselves until the list is long. */
  #items(random: Random, type: TypeFacts, way: readonly Step[]): JsonTree[] {
    const items = way.length > 0 ? [this.#value(random, type, way)] : [];
    for (let count = random.nextInt(0, 3); count > 0 && this.#left > 0; count--) {
      items.push(this.#value(random, type, []));
    }
    if (!once(random, 2000)) return items;
    const repeats = Array.from({ length: random.nextInt(100, 600) }, () => structuredClone(items));
    return repeats.flat();
  }

  #richText(random: Random, type: TypeFacts & { union: string }, way: readonly Step[]): JsonTree {
    if (way.length > 0 || (this.#left > 0 && once(random, 3))) return this.#ofUnion(random, type.union, way);
    return this.#left > 0 && once(random, 4) ? { items: this.#items(random, type, []) } : jsonText(random);
  }

  #ofUnion(random: Random, union: string, way: readonly Step[]): ObjectTree {
    const { key, map } = this.#facts.unions[union]!;
    let kinds = Object.entries(map);
    if (way.length > 0) kinds = kinds.filter(([, className]) => className === way[0]!.className);
    else if (this.#left <= 0) kinds = this.#lowest(kinds);
    const [kind, className] = pick(random, kinds);
    const { members } = this.#object(random, className, way);
    return { members: [[`"${key}"`, spell(random, kind)], ...members] };
  }

  #lowest(kinds: [string, string][]): [string, string][] {
    const heightOf = ([, className]: [string, string]) => this.#heights.get(className)!;
    const lowest = Math.min(...kinds.map(heightOf));
    return kinds.filter(kind => heightOf(kind) === lowest);
  }

  /** Breadth first, from the root. */
  #findWays(): void {
    this.#waysTo.set(this.#facts.root, []);
    for (let found = [this.#facts.root]; found.length > 0; ) {
      const next = new Map<string, Step[]>();
      for (const className of found) {
        for (const property of this.#properties.get(className)!) {
          for (const inside of this.#classesOf(property.type)) {
            if (this.#waysTo.has(inside)) continue;
            next.set(inside, [...(next.get(inside) ?? []), { className, property }]);
          }
        }
      }
      for (const [className, steps] of next) this.#waysTo.set(className, steps);
      found = [...next.keys()];
    }
  }

  #classesOf(type: TypeFacts): readonly string[] {
    switch (type.kind) {
      case 'object':
        return [type.class];
      case 'list':
        return this.#classesOf(type.of);
      case 'union':
      case 'rich-text':
        return Object.values(this.#facts.unions[type.union]!.map);
      case 'maybe-inaccessible-message':
        return [type.message, type.inaccessible];
      default:
        return [];
    }
  }

  #findHeights(): void {
    for (const className of this.#properties.keys()) this.#heights.set(className, Number.POSITIVE_INFINITY);
    for (let changed = true; changed; ) {
      changed = false;
      for (const [className, properties] of this.#properties) {
        const required = properties.filter(({ optional }) => !optional);
        const height = 1 + Math.max(0, ...required.map(({ type }) => this.#heightOf(type)));
        if (height === this.#heights.get(className)) continue;
        this.#heights.set(className, height);
        changed = true;
      }
    }
  }

  #heightOf(type: TypeFacts): number {
    if (type.kind === 'list' || type.kind === 'rich-text') return 0;
    const heights = this.#classesOf(type).map(className => this.#heights.get(className)!);
    return heights.length === 0 ? 0 : Math.min(...heights);
  }
}
