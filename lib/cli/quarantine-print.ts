import { parse, stringify } from 'lossless-json';
import type { QuarantineEntry } from '../queue/quarantine-store.js';
import type { Replay } from '../queue/replay.js';
import { bytesInWords, type Column, escapeControls, table } from './table.js';

/** An entry without its body, as `--json` prints it. */
export interface EntryFacts {
  readonly id: string;
  /** ISO 8601 in UTC; null where the entry has none. */
  readonly time: string | null;
  readonly bot: string;
  readonly update_id: number | null;
  /** Of the body. */
  readonly bytes: number;
  readonly reason: string;
}

export function factsOf({ id, time, bot, updateId, reason, body }: QuarantineEntry): EntryFacts {
  return {
    id,
    time: time === undefined ? null : new Date(time).toISOString(),
    bot,
    update_id: updateId ?? null,
    bytes: body.length,
    reason,
  };
}

const COLUMNS: readonly Column[] = [
  { title: 'id' },
  { title: 'time' },
  { title: 'bot', least: 8 },
  { title: 'update', align: 'right' },
  { title: 'bytes', align: 'right' },
  { title: 'reason', least: 10 },
];

/**
 * The entries as a table, and their sum below it.
 *
 * @param done what became of them, in front of the sum
 */
export function entryTable(entries: readonly EntryFacts[], done = ''): string[] {
  const { isTTY, columns } = process.stdout;
  const [titles = '', ...rows] = table(COLUMNS, entries.map(cellsOf), (isTTY && columns) || undefined);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const dim = isTTY && !process.env.NO_COLOR;
  return [
    dim ? `\x1b[2m${titles}\x1b[0m` : titles,
    ...rows,
    '',
    `${done}${plural(entries.length, 'update', 'updates')}, ${bytesInWords(bytes)}`,
  ];
}

function cellsOf({ id, time, bot, update_id, bytes, reason }: EntryFacts): string[] {
  return [id, localTime(time), bot, String(update_id ?? '?'), String(bytes), reason];
}

/** One entry: its fields, and its body in lines where it is JSON, with all numbers as they are. */
export function entryLines(entry: QuarantineEntry): string[] {
  const titles = COLUMNS.map(({ title }) => title);
  const cells = cellsOf(factsOf(entry));
  const width = Math.max(...titles.map(title => title.length));
  return [
    ...titles.map((title, i) => `${title.padEnd(width)}  ${escapeControls(cells[i]!)}`),
    '',
    ...pretty(String(entry.body)).split('\n').map(escapeControls),
  ];
}

function pretty(body: string): string {
  try {
    const value = parse(body, undefined, { onDuplicateKey: ({ newValue }) => newValue });
    return stringify(value, undefined, 2) ?? body;
  } catch {
    return body;
  }
}

/** `2026-01-31 09:05:00`, where this machine is. */
function localTime(time: string | null): string {
  if (time === null) return '?';
  const date = new Date(time);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}

/** What a replay has done, as `--json` prints it. */
export function replayFacts({ delivered, deliveredAlready, withoutHorizon, left }: Replay): object {
  return {
    delivered,
    delivered_already: deliveredAlready,
    without_horizon: withoutHorizon,
    left: left.map(({ id, bot, updateId, reason }) => ({ id, bot, update_id: updateId ?? null, reason })),
  };
}

/** The same in lines; none where there was nothing to do. */
export function replayLines({ delivered, deliveredAlready, withoutHorizon, left }: Replay): string[] {
  const lines: string[] = [];
  const gone = [
    ...(delivered > 0 ? [`${delivered} delivered`] : []),
    ...(deliveredAlready > 0 ? [`${deliveredAlready} delivered already`] : []),
  ];
  if (gone.length > 0) lines.push(`replayed ${delivered + deliveredAlready}: ${gone.join(', ')}`);
  if (withoutHorizon > 0) {
    lines.push(`${withoutHorizon} of them without Horizon, whose keys cannot be written`);
  }
  const reasons = new Map<string, number>();
  for (const { reason } of left) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for (const [reason, count] of [...reasons].sort(([, one], [, other]) => other - one)) {
    lines.push(`${plural(count, 'does not fit', 'do not fit')}: ${escapeControls(reason)}`);
  }
  return lines;
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function printLines(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** Of the control characters only DEL and those behind it are not escaped by JSON. */
export function printJson(value: unknown): void {
  printLines(JSON.stringify(value, null, 2).split('\n').map(escapeControls));
}
