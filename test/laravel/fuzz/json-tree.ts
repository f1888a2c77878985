/**
 * JSON as it is spelled: a tree whose leaves and keys are JSON text, so that `5`, `5.0` and `5e0` differ, keys
 * can repeat, and what is not JSON at all has a place too.
 */
export type JsonTree = Leaf | ObjectTree | ListTree;

/** `5.0`, `"\u0041"`, `true`; or whatever else stands in the place of a value. */
export type Leaf = string;

export interface ObjectTree {
  /** Keys with their quotes. */
  members: [key: string, value: JsonTree][];
}

export interface ListTree {
  items: JsonTree[];
}

export class JsonDocument {
  /** @param gaps what stands between two tokens, one after another and from the start again; none is '' */
  constructor(
    readonly tree: JsonTree,
    readonly gaps: readonly string[] = [],
  ) {}

  toString(): string {
    return this.gaps.length === 0 ? compact(this.tree) : new Spaced(this.gaps).write(this.tree);
  }
}

function compact(tree: JsonTree): string {
  if (typeof tree === 'string') return tree;
  if ('items' in tree) return `[${tree.items.map(compact).join(',')}]`;
  return `{${tree.members.map(([key, value]) => `${key}:${compact(value)}`).join(',')}}`;
}

class Spaced {
  #next = 0;

  constructor(readonly gaps: readonly string[]) {}

  write(tree: JsonTree): string {
    return this.#gap() + this.#inside(tree) + this.#gap();
  }

  #inside(tree: JsonTree): string {
    if (typeof tree === 'string') return tree;
    if ('items' in tree) return `[${tree.items.map(item => this.write(item)).join(',') || this.#gap()}]`;
    const members = tree.members.map(
      ([key, value]) => `${this.#gap()}${key}${this.#gap()}:${this.write(value)}`,
    );
    return `{${members.join(',') || this.#gap()}}`;
  }

  #gap(): string {
    return this.gaps[this.#next++ % this.gaps.length]!;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Reads JSON; the text must be right. */
export function parseTree(json: string): JsonTree {
  const tokens = json.match(TOKEN) ?? [];
  let at = 0;
  const read = (): JsonTree => {
    const token = tokens[at++]!;
    if (token === '[') return { items: until(']', read) };
    if (token !== '{') return token;
    return {
      members: until('}', () => {
        const key = tokens[at]!;
        at += 2;
        return [key, read()];
      }),
    };
  };
  const until = <Item>(end: string, item: () => Item): Item[] => {
    const found: Item[] = [];
    while (tokens[at] !== end) {
      found.push(item());
      if (tokens[at] === ',') at++;
    }
    at++;
    return found;
  };
  return read();
}
