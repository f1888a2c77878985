import type { JobFacts, JobFormat } from './facts.js';

const TYPED: JobFacts = {
  class: 'App\\Jobs\\ProcessTelegramUpdateJob',
  format: 'object',
  payload: {},
  properties: [
    { name: 'botId', value: 'bot' },
    { name: 'update', value: 'update' },
  ],
};

/** The job class of each format as `tgook job` prints it. */
export const STANDARD_JOBS: Readonly<Record<JobFormat, JobFacts>> = {
  object: TYPED,
  json: { ...TYPED, format: 'json' },
  legacy: {
    class: 'App\\Jobs\\ProcessTelegramUpdate',
    format: 'legacy',
    payload: {},
    properties: [
      { name: 'bot_id', value: 'bot' },
      { name: 'update', value: 'update' },
      { name: 'timestamp', value: 'time' },
    ],
  },
};

/** The name that Laravel and Horizon show. */
export function displayName(job: JobFacts): string {
  return (job.payload.displayName as string | undefined) ?? job.class;
}
