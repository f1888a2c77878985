import fc from 'fast-check';
import { JsonDocument, type JsonTree } from './json-tree.js';

/**
 * JSON documents for fast-check. A document is made in one go, by plain code, which is many times as fast as
 * to compose it of fast-check's own arbitraries; in return it says itself how a document becomes simpler.
 */
export class DocumentArbitrary extends fc.Arbitrary<JsonDocument> {
  constructor(readonly make: (random: fc.Random) => JsonDocument) {
    super();
  }

  override generate(random: fc.Random): fc.Value<JsonDocument> {
    return new fc.Value(this.make(random), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is JsonDocument {
    return value instanceof JsonDocument;
  }

  override shrink(document: JsonDocument): fc.Stream<fc.Value<JsonDocument>> {
    return new fc.Stream(simplerDocuments(document));
  }
}

function* simplerDocuments({ tree, gaps }: JsonDocument): IterableIterator<fc.Value<JsonDocument>> {
  if (gaps.length > 0) yield new fc.Value(new JsonDocument(tree), undefined);
  if (gaps.length > 1) {
    for (const gap of gaps) yield new fc.Value(new JsonDocument(tree, [gap]), undefined);
  }
  for (const simpler of simplerTrees(tree)) yield new fc.Value(new JsonDocument(simpler, gaps), undefined);
}

/** Each is shorter, or as long with fewer characters that are not the plainest: shrinking comes to an end. */
export function* simplerTrees(tree: JsonTree): IterableIterator<JsonTree> {
  if (typeof tree === 'string') {
    yield* simplerLeaves(tree);
  } else if ('items' in tree) {
    yield* tree.items;
    for (const items of withoutSome(tree.items)) yield { items };
    for (const [at, item] of tree.items.entries()) {
      for (const simpler of simplerTrees(item)) yield { items: tree.items.with(at, simpler) };
    }
  } else {
    for (const [, value] of tree.members) if (typeof value !== 'string') yield value;
    for (const members of withoutSome(tree.members)) yield { members };
    for (const [at, [key, value]] of tree.members.entries()) {
      for (const simpler of simplerTrees(value)) yield { members: tree.members.with(at, [key, simpler]) };
      const plainKey = plain(key);
      if (plainKey.length < key.length) yield { members: tree.members.with(at, [plainKey, value]) };
    }
  }
}

/** Without ever smaller stretches: a half, a quarter, one. */
function* withoutSome<Item>(items: readonly Item[]): IterableIterator<Item[]> {
  for (
    let length = Math.ceil(items.length / 2);
    length >= 1;
    length = length > 1 ? Math.ceil(length / 2) : 0
  ) {
    for (let at = 0; at < items.length; at += length) yield items.toSpliced(at, length);
  }
}

function* simplerLeaves(leaf: string): IterableIterator<string> {
  const text = textOf(leaf);
  if (text === undefined) {
    for (const simple of ['0', '1', 'null']) if (leaf.length > simple.length) yield simple;
    for (const characters of leaf.length > 1 ? withoutSome([...leaf]) : []) yield characters.join('');
    if (/^[2-9]$/.test(leaf)) yield '1';
    return;
  }
  if (leaf.length > 2) yield '""';
  const shortest = JSON.stringify(text);
  if (shortest.length < leaf.length) yield shortest;
  const characters = [...text];
  for (const fewer of withoutSome(characters)) yield JSON.stringify(fewer.join(''));
  for (const [at, character] of characters.entries()) {
    if (character !== 'a') yield JSON.stringify(characters.with(at, 'a').join(''));
  }
}

const plain = (key: string): string => JSON.stringify(textOf(key)) ?? key;

/** The text behind a JSON string; undefined where the leaf is none. */
function textOf(leaf: string): string | undefined {
  try {
    const value: unknown = JSON.parse(leaf);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
