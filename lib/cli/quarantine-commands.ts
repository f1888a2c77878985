import { StartError } from '../errors.js';
import { openClient } from '../queue/client.js';
import { databaseOf } from '../queue/connection.js';
import { describeProblem, redisAddress } from '../queue/problems.js';
import { type QuarantineEntry, QuarantineStore } from '../queue/quarantine-store.js';
import { Replay } from '../queue/replay.js';
import { loadSettings } from '../settings/load.js';
import type { Common, Selection } from './quarantine.js';
import {
  type EntryFacts,
  entryLines,
  entryTable,
  factsOf,
  printJson,
  printLines,
  replayFacts,
  replayLines,
} from './quarantine-print.js';

/** An operator waits longer than Telegram does; in milliseconds. */
const TIMEOUTS = { commandTimeout: 10_000, socketTimeout: 10_000 };

/** `tgook quarantine ls` */
export function list(selection: Selection, options: Common): Promise<void> {
  return withQuarantine(options, async store => {
    const entries: EntryFacts[] = [];
    for await (const entry of matching(store, selection)) entries.push(factsOf(entry));
    if (options.json) printJson(entries);
    else printLines(entries.length > 0 ? entryTable(entries) : await nothing(store));
  });
}

/** `tgook quarantine show` */
export function show(id: string, options: Common): Promise<void> {
  checkIds([id]);
  return withQuarantine(options, async store => {
    const entry = await store.entry(id);
    if (entry === undefined) throw notThere([id]);
    if (options.json) printJson({ ...factsOf(entry), body: String(entry.body) });
    else printLines(entryLines(entry));
  });
}

/** `tgook quarantine replay` */
export function replay(selection: Selection, options: Common): Promise<void> {
  checkSelection('replay', selection);
  return withQuarantine(
    options,
    async store => {
      const missing: string[] = [];
      const replay = new Replay(store);
      try {
        await replay.run(selected(store, selection, missing));
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        throw new StartError(`${error.message}; run it again: nothing is delivered twice`);
      } finally {
        // Also of what was done when Redis failed in the middle.
        if (options.json) printJson({ ...replayFacts(replay), missing });
        else printLines(replayLines(replay));
      }
      if (replay.left.length > 0) process.exitCode = 1;
      if (missing.length > 0) throw notThere(missing);
      if (!options.json && replay.total === 0) printLines(await nothing(store));
    },
    'jobs',
  );
}

/** `tgook quarantine drop` */
export function drop(selection: Selection, options: Common): Promise<void> {
  checkSelection('drop', selection);
  return withQuarantine(options, async store => {
    const missing: string[] = [];
    const dropped: EntryFacts[] = [];
    try {
      for await (const entry of selected(store, selection, missing)) {
        if (await store.drop(entry.id)) dropped.push(factsOf(entry));
      }
    } finally {
      if (options.json) printJson({ dropped, missing });
      else if (dropped.length > 0) printLines(entryTable(dropped, 'dropped '));
    }
    if (missing.length > 0) throw notThere(missing);
    if (!options.json && dropped.length === 0) printLines(await nothing(store));
  });
}

/** Reads the settings, opens Redis, and does the work. */
async function withQuarantine(
  { env }: Common,
  work: (store: QuarantineStore) => Promise<void>,
  use: 'jobs' | 'redis' = 'redis',
): Promise<void> {
  const { settings, appWarnings } = loadSettings(process.env, env, use);
  for (const warning of appWarnings) console.error(`tgook: ${warning}`);
  const redis = await openClient(settings, TIMEOUTS).catch(error => {
    throw error instanceof StartError ? error : new StartError(describeProblem(settings, error));
  });
  try {
    await work(new QuarantineStore(redis, settings));
  } finally {
    redis.disconnect();
  }
}

async function* matching(
  store: QuarantineStore,
  { bot, reason }: Selection,
): AsyncGenerator<QuarantineEntry> {
  const part = reason?.toLowerCase() ?? '';
  for await (const entry of store.entries()) {
    if (bot !== undefined && entry.bot !== bot) continue;
    if (entry.reason.toLowerCase().includes(part)) yield entry;
  }
}

/** @param missing is filled with the ids that are not there */
async function* selected(
  store: QuarantineStore,
  selection: Selection,
  missing: string[],
): AsyncGenerator<QuarantineEntry> {
  if (selection.ids.length === 0) yield* matching(store, selection);
  for (const id of new Set(selection.ids)) {
    const entry = await store.entry(id);
    if (entry === undefined) missing.push(id);
    else yield entry;
  }
}

function checkSelection(command: string, { ids, all, bot, reason }: Selection): void {
  const filtered = all || bot !== undefined || reason !== undefined;
  if (ids.length === 0 && !filtered) {
    throw new StartError(
      `${command} what? Give ids as 'tgook quarantine ls' shows them, or --all, or choose with --bot and --reason`,
    );
  }
  if (ids.length > 0 && filtered) {
    throw new StartError(`${command} takes either ids or --all, --bot and --reason, not both`);
  }
  checkIds(ids);
}

function checkIds(ids: readonly string[]): void {
  const wrong = ids.find(id => !/^\d{1,19}-\d{1,19}$/.test(id));
  if (wrong === undefined) return;
  throw new StartError(
    `'${wrong}' is not an id: they look like 1764000000000-0, and 'tgook quarantine ls' shows them`,
  );
}

function notThere(ids: readonly string[]): StartError {
  return new StartError(`not in quarantine: ${ids.join(', ')}; 'tgook quarantine ls' shows what is`);
}

/** Why nothing was found, and where: the settings may be those of another app. */
async function nothing(store: QuarantineStore): Promise<string[]> {
  const { keys, settings } = store;
  const count = await store.count();
  if (count > 0) return [`No update in quarantine matches; there ${count === 1 ? 'is 1' : `are ${count}`}.`];
  const place = `${keys.quarantine} at ${redisAddress(settings)}, database ${databaseOf(settings)}`;
  return [`The quarantine is empty: ${place}`];
}
