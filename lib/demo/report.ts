import type { Figures } from './ledger.js';
import { phpView } from './php-view.js';
import { unserialize } from './unserialize.js';

/** What the demo has to tell. */
export interface Report {
  readonly figures: Figures;
  /** What does not add up; nothing where all does. */
  readonly problems: readonly string[];
  readonly workers: number;
  readonly kinds: number;
  /** `data.command` of one job. */
  readonly command: string | undefined;
}

type Paint = (text: string) => string;

/** @param coloured on a terminal that wants colours */
export function printReport(report: Report, coloured: boolean): void {
  const paint = (code: number): Paint => (coloured ? text => `\x1b[${code}m${text}\x1b[0m` : text => text);
  const [bold, dim, red] = [paint(1), paint(2), paint(31)];
  const { workers, problems, command } = report;
  const blocks = [
    `${bold('tgook demo')}: simulated Telegram → ${workers} workers → private Redis → Laravel consumer`,
    table(report, dim),
  ];
  if (problems.length > 0) blocks.push(problems.map(problem => red(`wrong: ${problem}`)).join('\n'));
  if (command !== undefined) {
    blocks.push(`${bold('One of the jobs, as PHP sees it')}\n\n${phpView(unserialize(command), dim)}`);
  }
  blocks.push(`${bold('With your own bot')}\n\n${SET_UP}`);
  process.stdout.write(`\n${indent(blocks.join('\n\n'))}\n\n`);
}

/** The label comes first and the figure right behind it: for eyes and for grep. */
function table({ figures, kinds }: Report, dim: Paint): string {
  const { sent, acknowledged, enqueued, duplicates, quarantined, lost, doubled } = figures;
  const rows: ReadonlyArray<readonly [label: string, figure: number | string, note: string]> = [
    ['sent', sent, `updates of ${kinds} kinds`],
    ['acknowledged', acknowledged, 'answered 200'],
    ['enqueued', enqueued, "jobs, taken with Laravel's own steps"],
    ['duplicates', duplicates, 'sent again after a lost answer, and absorbed'],
    ['quarantined', quarantined, 'do not fit the typed job, and are kept'],
    ['lost', lost, 'acknowledged, and nowhere to be found'],
    ['doubled', doubled, 'jobs beyond the first for an update'],
    ['updates per second', Math.round(figures.perSecond), 'with Telegram and Laravel on the same machine'],
    ['p50', `${figures.p50.toFixed(1)} ms`, 'from request to answer'],
    ['p99', `${figures.p99.toFixed(1)} ms`, ''],
  ];
  const labels = Math.max(...rows.map(([label]) => label.length));
  return rows
    .map(([label, figure, note]) => {
      const [number = '', unit = ''] = String(figure).split(' ');
      return `${label.padEnd(labels)} ${number.padStart(6)} ${unit.padEnd(3)} ${dim(note)}`.trimEnd();
    })
    .join('\n');
}

const SET_UP = `\
# your Laravel app's own settings; config/.env.example has all there are
bin/tgook /var/www/app/.env
curl "https://api.telegram.org/bot<token>/setWebhook" \\
  -d "secret_token=<SECRET_TOKEN>" \\
  -d "url=https://<host>/telegram/bot/webhook/<bot id>"`;

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
