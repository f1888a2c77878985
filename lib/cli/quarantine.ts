import { type Command, InvalidArgumentError } from 'commander';
import * as commands from './quarantine-commands.js';

/** Which entries a command is about. */
export interface Selection {
  readonly ids: readonly string[];
  readonly all?: boolean;
  readonly bot?: string;
  /** A part of the reason, in any case. */
  readonly reason?: string;
}

/** Options that all commands have. */
export interface Common {
  /** Path of the .env file. */
  readonly env?: string;
  readonly json?: boolean;
}

type Filtered = Common & Omit<Selection, 'ids'>;

const WHICH = `
Which updates: those of the ids that 'tgook quarantine ls' shows, or --all, or those that --bot and --reason name.`;

/** `tgook quarantine`: its commands and their options. */
export function configure(quarantine: Command): void {
  const command = (usage: string, description: string): Command =>
    quarantine
      .command(usage)
      .description(description)
      .option('--env <file>', 'the .env file; without it, .env in this folder')
      .option('--json', 'print JSON');
  const filtered = (command: Command): Command =>
    command
      .option('--bot <id>', 'only updates of this bot', given)
      .option('--reason <text>', 'only updates with this in their reason, in any case', given);
  const selecting = (usage: string, description: string): Command =>
    filtered(command(usage, description))
      .option('--all', 'all updates in quarantine')
      .addHelpText('after', WHICH);

  filtered(command('ls', 'List the updates, oldest first')).action(async (options: Filtered) =>
    commands.list({ ...options, ids: [] }, options),
  );
  command('show <id>', 'Show one update with its body').action(async (id: string, options: Common) =>
    commands.show(id, options),
  );
  selecting('replay [ids...]', 'Make jobs of updates that fit now, each once').action(
    async (ids: string[], options: Filtered) => commands.replay({ ...options, ids }, options),
  );
  selecting('drop [ids...]', 'Delete updates for ever, without a question').action(
    async (ids: string[], options: Filtered) => commands.drop({ ...options, ids }, options),
  );
}

/** An empty filter would be none: a script whose variable is empty must not drop everything. */
function given(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty.');
  return value;
}
