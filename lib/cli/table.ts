/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** On a narrow terminal it is cut down to this width; without it, never. */
  readonly least?: number;
}

const GAP = '  ';

/**
 * Rows in columns, with a line of titles above them.
 *
 * @param cells of ASCII
 * @param width of the terminal, which the columns are cut to, the first ones first; undefined for no limit
 */
export function table(
  columns: readonly Column[],
  cells: ReadonlyArray<readonly string[]>,
  width: number | undefined,
): string[] {
  const rows = [columns.map(({ title }) => title), ...cells.map(row => row.map(escapeControls))];
  const widths = columns.map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]!.length), 0),
  );
  const all = widths.reduce((sum, each) => sum + each, GAP.length * (columns.length - 1));
  let tooMuch = all - (width ?? all);
  for (const [column, { least }] of columns.entries()) {
    const cut = Math.min(Math.max(tooMuch, 0), Math.max(widths[column]! - (least ?? Infinity), 0));
    widths[column]! -= cut;
    tooMuch -= cut;
  }
  return rows.map(row =>
    columns
      .map(({ align }, column) => {
        const text = fit(row[column]!, widths[column]!);
        return align === 'right' ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
      })
      .join(GAP)
      .trimEnd(),
  );
}

function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Control characters as escapes: what a stranger wrote must not steer the terminal. */
export function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** 1536 as `1.5 KiB`. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KiB'] : [bytes / 1024 / 1024, 'MiB'];
  return `${size.toFixed(size < 9.95 ? 1 : 0)} ${unit}`;
}
