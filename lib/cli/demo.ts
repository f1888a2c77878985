import type { Command } from 'commander';
import { perform } from '../demo/perform.js';
import { printReport, type Report } from '../demo/report.js';
import { Interrupted, Stage, untilSignal } from '../demo/stage.js';
import { StatusLine } from '../demo/status-line.js';
import { StartError } from '../errors.js';

/** It takes seconds; what takes longer hangs. */
const TIME_LIMIT = 60_000;

/** `tgook demo`: shows tgook at work, and leaves nothing behind. Exit code 1 where its figures are wrong. */
export function configure(command: Command): void {
  command.action(demo);
}

async function demo(): Promise<void> {
  const stage = new Stage();
  const status = new StatusLine(process.stdout);
  const interrupted = untilSignal();
  let report: Report;
  try {
    report = await Promise.race([perform(stage, status), interrupted, timeLimit(stage)]);
  } catch (error) {
    status.clear();
    await stage.clear();
    // What was under way when the signal came must not go on.
    if (error instanceof Interrupted) process.exit(error.exitCode);
    throw error;
  }
  status.text('stopping …');
  await stage.clear();
  status.clear();
  printReport(report, process.stdout.isTTY && !process.env.NO_COLOR);
  if (report.problems.length > 0) process.exitCode = 1;
}

function timeLimit(stage: Stage): Promise<never> {
  return new Promise((_resolve, reject) => {
    const late = () => reject(new StartError(`the demo was not over after ${TIME_LIMIT / 1000} s`));
    const timer = setTimeout(late, TIME_LIMIT);
    stage.add(() => clearTimeout(timer));
  });
}
