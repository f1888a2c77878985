import type { Random } from 'fast-check';
import type { JsonTree, ListTree, ObjectTree } from './json-tree.js';
import { jsonDate, jsonFloat, jsonInt, YEAR_10000 } from './numbers.js';
import { once, pick, several } from './random.js';
import { jsonText, spell } from './texts.js';

/** Names that are there in every JavaScript object. */
const JAVASCRIPT_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

/** What JSON does not allow. */
const NOT_JSON = [
  'TRUE',
  'NaN',
  '01',
  '1.',
  '.5',
  '+1',
  '-',
  "'a'",
  '"\t"',
  '"\0"',
  '"\\x41"',
  '"\\u12"',
  '"',
  '',
  '[1,]',
  '{a:1}',
];

/** Levels around the limits of tgook, PHP and cjson, and far beyond. */
const DEPTHS = [90, 97, 98, 99, 100, 101, 508, 512, 1001, 20_000];
/** A deeper one is a leaf to whoever walks through the tree. */
const DEEPEST_TREE = 512;

/** Any JSON at all, mostly small. */
export function anyJson(random: Random, depth = 2): JsonTree {
  switch (random.nextInt(0, depth > 0 ? 8 : 6)) {
    case 0:
      return 'null';
    case 1:
      return pick(random, ['true', 'false']);
    case 2:
      return jsonFloat(random);
    case 3:
      return jsonDate(random);
    case 4:
      return jsonInt(random);
    case 5:
    case 6:
      return jsonText(random);
    case 7:
      return { items: several(random, 3, () => anyJson(random, depth - 1)) };
    default:
      return { members: several(random, 3, () => [anyKey(random), anyJson(random, depth - 1)]) };
  }
}

export function anyKey(random: Random): string {
  if (once(random, 3)) return spell(random, pick(random, JAVASCRIPT_NAMES));
  return once(random, 2)
    ? jsonText(random)
    : spell(random, pick(random, ['type', 'date', 'id', '0', '1', 'unknown']));
}

/** A value's place: what holds it, and where in that. */
interface Place {
  readonly holder: ObjectTree | ListTree;
  readonly at: number;
}

/**
 * Breaks a tree in some places, in ways that the grammar of an update knows and in ways that it does not. It may
 * still be right afterwards.
 */
export function damage(random: Random, root: ObjectTree, times: number): void {
  for (let time = 0; time < times; time++) {
    const places = placesIn(root);
    if (places.length === 0) return;
    const { holder, at } = pick(random, places);
    if ('members' in holder && once(random, 4)) damageMember(random, holder, at);
    else if (once(random, 8)) swap({ holder, at }, pick(random, places));
    else setValue({ holder, at }, damaged(random, valueAt({ holder, at })));
  }
}

function placesIn(tree: JsonTree): Place[] {
  if (typeof tree === 'string') return [];
  const children = 'items' in tree ? tree.items : tree.members.map(([, value]) => value);
  return children.flatMap((child, at) => [{ holder: tree, at }, ...placesIn(child)]);
}

function valueAt({ holder, at }: Place): JsonTree {
  return 'items' in holder ? holder.items[at]! : holder.members[at]![1];
}

function setValue({ holder, at }: Place, value: JsonTree): void {
  if ('items' in holder) holder.items[at] = value;
  else holder.members[at]![1] = value;
}

/** Values change places, but not with what is inside them. */
function swap(one: Place, other: Place): void {
  const [first, second] = [valueAt(one), valueAt(other)];
  if (typeof first !== 'string' && typeof second !== 'string') return;
  setValue(one, second);
  setValue(other, first);
}

/** Drops, renames or repeats; of repeated keys the last one counts. */
function damageMember(random: Random, { members }: ObjectTree, at: number): void {
  const [key, value] = members[at]!;
  switch (random.nextInt(0, 4)) {
    case 0:
      members[at]![0] = anyKey(random);
      break;
    case 1:
      members.splice(random.nextInt(0, members.length), 0, [key, anyJson(random)]);
      break;
    case 2:
      members.push([key, structuredClone(value)]);
      break;
    default:
      members.splice(at, 1);
  }
}

function damaged(random: Random, value: JsonTree): JsonTree {
  switch (random.nextInt(0, 15)) {
    case 0:
    case 1:
      return 'null';
    case 2:
    case 3:
      return anyJson(random);
    case 4:
      return { items: [value] };
    case 5:
      return pick<JsonTree>(random, [{ items: [] }, { members: [] }]);
    case 6:
      return once(random, 4) ? nested(random, pick(random, DEPTHS)) : value;
    case 7:
      return once(random, 4) ? pick(random, NOT_JSON) : value;
    default:
      return typeof value === 'string' ? damagedLeaf(random, value) : turnedOver(random, value);
  }
}

function damagedLeaf(random: Random, leaf: string): string {
  if (leaf.startsWith('"')) {
    return pick(random, [
      leaf.slice(1, -1) || '0',
      `${leaf.slice(0, -1)} "`,
      jsonText(random),
      spell(random, pick(random, JAVASCRIPT_NAMES)),
    ]);
  }
  if (/^[-\d]/.test(leaf)) {
    const whole = leaf.split(/[.eE]/)[0]!;
    const date = pick(random, [-1, -86_400, YEAR_10000 - 1, YEAR_10000, YEAR_10000 * 100]);
    return pick(random, [
      `${leaf}.0`,
      `${leaf}e0`,
      `${leaf}E+1`,
      `-${leaf}`,
      `${leaf}000000000000000000`,
      whole,
      `"${leaf}"`,
      jsonFloat(random),
      String(date),
    ]);
  }
  return pick(random, ['true', 'false', '0', '1', '"true"']);
}

/** An object for a list and the other way round, a number for either, or one with more in it. */
function turnedOver(random: Random, value: ObjectTree | ListTree): JsonTree {
  if (once(random, 3)) return once(random, 2) ? jsonFloat(random) : jsonInt(random);
  if ('items' in value) {
    if (once(random, 2)) return { members: value.items.map((item, at) => [`"${at}"`, item]) };
    return { items: value.items.toSpliced(random.nextInt(0, value.items.length), 0, anyJson(random)) };
  }
  if (once(random, 2)) return { items: value.members.map(([, member]) => member) };
  return { members: [...value.members, [anyKey(random), anyJson(random)]] };
}

function nested(random: Random, depth: number): JsonTree {
  if (depth > DEEPEST_TREE) return '['.repeat(depth) + ']'.repeat(depth);
  let tree: JsonTree = { items: [] };
  for (let level = 1; level < depth; level++) {
    tree = once(random, 2) ? { items: [tree] } : { members: [['"type"', tree]] };
  }
  return tree;
}
