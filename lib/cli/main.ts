import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { StartError } from '../errors.js';
import { PACKAGE_ROOT } from '../paths.js';
import { settingsFile } from '../settings/load.js';
import { settingsHelp } from '../settings/print.js';

interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Loads the command's file, whose configure() gives it its options, arguments, subcommands and action. */
  load(): Promise<{ configure(command: Command): void }>;
}

/** The commands, in the order in which --help shows them. Each file is loaded only when its command runs. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    description: 'Show tgook at work: a private Redis, a simulated Telegram, and what became of every update',
    load: () => import('./demo.js'),
  },
  {
    name: 'job',
    description: "Print the job's PHP class, for app/Jobs of the Laravel app",
    load: () => import('./job.js'),
  },
  {
    name: 'schema',
    description: "Read an app's phptg/bot-api and job class, show and compare what tgook knows of them",
    load: () => import('./schema.js'),
  },
  {
    name: 'quarantine',
    description: 'Look at the updates that did not fit the job, and deliver or drop them',
    load: () => import('./quarantine.js'),
  },
];

/**
 * Runs the command line.
 *
 * @param argv as in process.argv
 */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(argv);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    console.error(`tgook: ${error.message}`);
    process.exitCode = 1;
  }
}

function program(): Command {
  const { version } = JSON.parse(readFileSync(`${PACKAGE_ROOT}package.json`, 'utf8')) as { version: string };
  const root = new Command('tgook')
    .description("Puts Telegram webhook updates on Laravel's Redis queue, as the jobs that a worker expects")
    .version(version)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'tgook:')) })
    .argument('[path]', 'a .env file; without it, .env in this folder')
    .action(async (path: string | undefined) => {
      const file =
        path === undefined
          ? undefined
          : settingsFile(
              path,
              COMMANDS.map(({ name }) => name),
            );
      await (await import('./serve.js')).serve(file);
    })
    .addHelpText('after', () => `\n${settingsHelp()}`);
  for (const { name, description } of COMMANDS) root.command(name).description(description);
  return root.hook('preSubcommand', async (_root, command) => {
    process.stdout.on('error', cannotPrint);
    const entry = COMMANDS.find(({ name }) => name === command.name());
    (await entry?.load())?.configure(command);
  });
}

/** `tgook schema show | head` has read enough; a full disk has not. */
function cannotPrint(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  console.error(`tgook: cannot print (${error.code})`);
  process.exit(1);
}
