/**
 * Class facts: what PHP's reflection says of the classes reachable from phptg's Update, in one version of
 * phptg/bot-api. Enough to write the bytes of serialize() without PHP.
 */
export interface ClassFacts {
  readonly package: string;
  readonly version: string;
  /** The class that an update's JSON object becomes. */
  readonly root: string;
  readonly unions: Readonly<Record<string, UnionFacts>>;
  /** Properties in the order in which PHP serializes them. */
  readonly classes: Readonly<Record<string, readonly PropertyFacts[]>>;
}

/** A choice of class by one field of the JSON object. */
export interface UnionFacts {
  readonly key: string;
  readonly map: Readonly<Record<string, string>>;
}

export interface PropertyFacts {
  /** As serialized: private ones carry their class between NUL bytes. */
  readonly name: string;
  /** The field of the JSON object; null where the property is never filled. */
  readonly key: string | null;
  readonly optional: boolean;
  readonly type: TypeFacts;
}

export type TypeFacts =
  /** `true`: only the literal true. `until-date`: a date, or false when 0. `null`: always null. */
  | { readonly kind: 'string' | 'int' | 'float' | 'bool' | 'true' | 'date' | 'until-date' | 'null' }
  | { readonly kind: 'object'; readonly class: string }
  | { readonly kind: 'list'; readonly of: TypeFacts }
  | { readonly kind: 'union'; readonly union: string }
  /** A string, a list of rich-text, or an object of the union. */
  | { readonly kind: 'rich-text'; readonly union: string }
  /** `date` 0 makes it the inaccessible class, anything else the message. */
  | { readonly kind: 'maybe-inaccessible-message'; readonly message: string; readonly inaccessible: string };
