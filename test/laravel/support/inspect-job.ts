import type { Test } from 'tap';
import { type Inspected, inspect, makeApp } from './inspect.js';
import { laravelApp } from './laravel.js';

const TRAITS = `use \\Illuminate\\Foundation\\Bus\\Dispatchable, \\Illuminate\\Queue\\InteractsWithQueue,
    \\Illuminate\\Bus\\Queueable, \\Illuminate\\Queue\\SerializesModels;`;
export const BOT = 'public readonly string $botId';
export const UPDATE = 'public readonly \\Phptg\\BotApi\\Type\\Update\\Update $update';

/** @param body what stands in the class; with Laravel's traits, unless it is a whole class */
export function jobSource(body: string): string {
  return `<?php
namespace App\\Jobs;
${/^(final |abstract )?class /.test(body) ? body : `class Job implements \\Illuminate\\Contracts\\Queue\\ShouldQueue { ${TRAITS} ${body} }`}
`;
}

/** Reads the job App\\Jobs\\Job, in an app with phptg. */
export function inspectJob(t: Test, body: string): Inspected {
  const folder = makeApp(
    t,
    { app: { Jobs: { 'Job.php': jobSource(body) } } },
    { phptg: laravelApp().phptg() },
  );
  return inspect(folder, { want: 'job', job: 'App\\Jobs\\Job' });
}

export function construct(parameters: string, body = ''): string {
  return `public function __construct(${parameters}) { ${body} }`;
}
