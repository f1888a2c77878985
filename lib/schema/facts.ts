/**
 * A schema: all that must be known of an app's PHP to write, without PHP, the bytes that serialize() gives
 * for a job. One comes with tgook for each version of phptg/bot-api; `tgook schema export` makes others.
 */
export interface Schema extends ClassFacts {
  readonly job: JobFacts;
}

/** The job class, as its own constructor and Laravel's payload show it. */
export interface JobFacts {
  readonly class: string;
  readonly format: JobFormat;
  /** Values in Laravel's payload that are not those of a plain job: `{"maxTries": 5, "backoff": "1,5"}`. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** What serialize() writes of the job, in its order. */
  readonly properties: readonly JobProperty[];
}

/**
 * What the job is given of an update: `object` a typed Update of phptg/bot-api, `json` the body as a string,
 * `legacy` the body as well, and the time.
 */
export type JobFormat = 'object' | 'json' | 'legacy';

/** `name` as serialized: private and protected ones carry NUL bytes. */
export type JobProperty =
  /** `bot` is the bot's id, a string; `time` the unix second at which the update came, an integer. */
  | { readonly name: string; readonly value: 'bot' | 'update' | 'time' }
  /** The same for every job, as serialize() writes it. */
  | { readonly name: string; readonly constant: string };

/**
 * Class facts: what PHP's reflection says of the classes reachable from phptg's Update, in one version of
 * phptg/bot-api.
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
