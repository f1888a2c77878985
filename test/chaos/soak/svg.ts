/** Line charts below each other over one axis of time, as SVG without a library. */

export interface Curve {
  readonly name: string;
  readonly color: string;
  /** Each a line of its own; an undefined value breaks it. */
  readonly lines: ReadonlyArray<ReadonlyArray<readonly [x: number, y: number | undefined]>>;
}

export interface Panel {
  readonly title: string;
  readonly scale: 'linear' | 'log';
  readonly curves: readonly Curve[];
}

/** Something that happened, drawn through all panels. */
export interface Mark {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface Chart {
  readonly title: string;
  /** Of the axis of time, which begins at 0 and ends at `width`. */
  readonly x: string;
  readonly width: number;
  readonly panels: readonly Panel[];
  readonly marks: readonly Mark[];
}

const WIDTH = 1000;
const LEFT = 56;
const RIGHT = 16;
const PLOT = WIDTH - LEFT - RIGHT;
const TOP = 44;
const PANEL = 112;
const GAP = 34;
const LEGEND_COLUMNS = 5;
const LEGEND_LINE = 18;

/** The least that a logarithmic axis shows: zero has no place on it. */
const LOG_FLOOR = 1;

// biome-ignore format: a list of colours
const MARK_COLORS = [
  '#8c564b', '#e69f00', '#cc79a7', '#56b4e9', '#b22222', '#2f4f4f', '#7f7f7f', '#6a3d9a', '#1b7837', '#b8a000',
  '#0b84a5', '#f08080', '#333333', '#9c755f',
];

export function svg(chart: Chart): string {
  const names = [...new Set(chart.marks.map(({ name }) => name))].sort();
  const colorOf = (name: string): string => MARK_COLORS[names.indexOf(name) % MARK_COLORS.length]!;
  const bottom = TOP + GAP / 2 + chart.panels.length * (PANEL + GAP);
  const height = bottom + 26 + LEGEND_LINE * Math.ceil(names.length / LEGEND_COLUMNS) + 12;
  const x = (value: number): number => LEFT + (PLOT * value) / chart.width;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="11" fill="#222">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(LEFT, 22, chart.title, 'font-size="15" font-weight="bold"'),
    ...chart.panels.flatMap((panel, i) =>
      panelOf(panel, TOP + GAP / 2 + i * (PANEL + GAP), chart, x, colorOf),
    ),
    ...ticks(chart.width, 12).map(tick =>
      text(x(tick), bottom - GAP + 16, label(tick), 'text-anchor="middle"'),
    ),
    text(LEFT + PLOT / 2, bottom - GAP + 32, chart.x, 'text-anchor="middle"'),
    ...names.flatMap((name, i) => {
      const left = LEFT + (i % LEGEND_COLUMNS) * (PLOT / LEGEND_COLUMNS);
      const top = bottom + 22 + LEGEND_LINE * Math.floor(i / LEGEND_COLUMNS);
      const times = chart.marks.filter(mark => mark.name === name).length;
      return [
        line(left, top - 10, left, top + 2, colorOf(name), 2),
        text(left + 8, top, `${name} (${times})`),
      ];
    }),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function panelOf(
  { title, scale, curves }: Panel,
  top: number,
  { width, marks }: Chart,
  x: (value: number) => number,
  colorOf: (name: string) => string,
): string[] {
  const values = curves.flatMap(({ lines }) => lines.flat().flatMap(([, y]) => (y === undefined ? [] : [y])));
  const most = Math.max(LOG_FLOOR, ...values);
  const marksOfY = scale === 'log' ? decades(most) : ticks(most, 4);
  const highest = scale === 'log' ? 1.4 * Math.max(10, most) : Math.max(most, marksOfY.at(-1) ?? 0) * 1.05;
  const share = (value: number): number =>
    scale === 'log' ? Math.log10(Math.max(value, LOG_FLOOR)) / Math.log10(highest) : value / highest;
  const y = (value: number): number => top + PANEL * (1 - share(value));
  let right = LEFT + PLOT;
  const legend = curves.toReversed().flatMap(({ name, color }) => {
    right -= 7 * name.length + 30;
    return [line(right, top - 11, right + 16, top - 11, color, 2), text(right + 20, top - 7, name)];
  });
  return [
    text(LEFT, top - 7, title, 'font-weight="bold"'),
    ...legend,
    ...marksOfY.flatMap(value => [
      line(LEFT, y(value), LEFT + PLOT, y(value), '#e4e4e4', 1),
      text(LEFT - 6, y(value) + 4, label(value), 'text-anchor="end"'),
    ]),
    ...marks.flatMap(({ name, from, to }) => {
      const wide = Math.max(x(to) - x(from), 1);
      return `<rect x="${round(x(from))}" y="${top}" width="${round(wide)}" height="${PANEL}" fill="${colorOf(name)}" opacity="0.35"/>`;
    }),
    ...curves.flatMap(({ color, lines }) =>
      lines.map(points => {
        const path = pathOf(points, x, y);
        return `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.2" stroke-linejoin="round"/>`;
      }),
    ),
    line(LEFT, top + PANEL, LEFT + PLOT, top + PANEL, '#666', 1),
    ...ticks(width, 12).map(tick => line(x(tick), top + PANEL, x(tick), top + PANEL + 4, '#666', 1)),
  ];
}

function pathOf(
  points: Curve['lines'][number],
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  let path = '';
  let pen = 'M';
  for (const [at, value] of points) {
    if (value === undefined) {
      pen = 'M';
      continue;
    }
    path += `${pen}${round(x(at))} ${round(y(value))}`;
    pen = 'L';
  }
  return path;
}

/** Round numbers from 0 to a limit, about so many. */
function ticks(limit: number, count: number): number[] {
  const rough = limit / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(candidate => candidate >= rough) ?? rough;
  return Array.from({ length: Math.floor(limit / step + 1e-9) + 1 }, (_, i) => i * step);
}

function decades(limit: number): number[] {
  const count = Math.max(1, Math.floor(Math.log10(limit)));
  return Array.from({ length: count + 1 }, (_, i) => 10 ** i);
}

const label = (value: number): string => Number(value.toPrecision(6)).toLocaleString('en-US');
const round = (value: number): string => value.toFixed(1);

function line(x1: number, y1: number, x2: number, y2: number, color: string, width: number): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}" stroke-width="${width}"/>`;
}

function text(x: number, y: number, words: string, attributes = ''): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped}</text>`;
}
