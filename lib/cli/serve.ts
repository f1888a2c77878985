import { closeSync, openSync } from 'node:fs';
import { createLogger, type Logger } from '../log.js';
import { preflight } from '../primary/preflight.js';
import { Primary } from '../primary/primary.js';
import { Reloader } from '../primary/reloader.js';
import { type LoadedSettings, loadSettings } from '../settings/load.js';
import { loadSettingsAgain } from '../settings/load-again.js';
import { logSummary } from './summary.js';

/** `tgook [path]`: serves until it is told to stop. */
export async function serve(path: string | undefined): Promise<void> {
  const loaded = loadSettings(process.env, path);
  const log = createLogger(loaded.settings.TGOOK_LOG_LEVEL);
  const primary = new Primary(loaded.settings, log);
  const stop = stopper(primary, log);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.title = 'tgook: primary';
  const started = start(primary, loaded, log);
  const reloader = new Reloader(primary, () => loadSettingsAgain(path), log);
  const onTerminal = process.stdin.isTTY;
  process.on('SIGHUP', () => {
    if (onTerminal && isTerminalGone()) stop('SIGHUP');
    // The settings of a start that fails are for nothing.
    else
      void started.then(
        () => reloader.request(),
        () => {},
      );
  });
  await started;
}

async function start(primary: Primary, loaded: LoadedSettings, log: Logger): Promise<void> {
  const { settings, warnings, appWarnings } = loaded;
  for (const warning of [...warnings, ...appWarnings]) log.warn(warning);
  const { problem, warnings: ofRedis } = await preflight(settings);
  for (const warning of ofRedis) log.warn(warning);
  if (problem !== undefined) log.error(`${problem}; until then every update is answered 503`);
  const started = await primary.start(problem);
  if (started === undefined) return;
  logSummary(log, loaded, started, problem !== undefined);
}

/** The first signal drains, a second one ends everything at once. */
function stopper(primary: Primary, log: Logger): (signal: NodeJS.Signals) => void {
  let stopping = false;
  return signal => {
    if (stopping) {
      primary.kill();
      process.exit(1);
    }
    stopping = true;
    log.info(
      `${signal}: answering what has begun, then stopping (within 8 s; a second signal stops at once)`,
    );
    void primary.stop().then(() => {
      log.info('stopped');
      process.exit(0);
    });
  };
}

/** A terminal that is closed sends the signal that means "reload" elsewhere. */
function isTerminalGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}
