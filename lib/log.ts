import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Settings } from './settings/load.js';

export type { Logger } from 'pino';

/** Logs to stdout: lines for people on a terminal, else JSON lines. */
export function createLogger(level: Settings['TGOOK_LOG_LEVEL']): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss', sync: true }));
}
