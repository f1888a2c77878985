import { isDeepStrictEqual } from 'node:util';
import { StartError } from '../errors.js';
import type { Logger } from '../log.js';
import type { LoadedSettings, Settings } from '../settings/load.js';
import { preflight } from './preflight.js';
import type { Primary } from './primary.js';

/** Replaces the workers by workers with fresh settings, without a failed request; or leaves all as it is. */
export class Reloader {
  #running = false;
  #again = false;

  /** @param load reads the settings. @throws StartError when they cannot be used */
  constructor(
    readonly primary: Primary,
    readonly load: () => Promise<LoadedSettings>,
    readonly log: Logger,
  ) {}

  /** Reloads. What is asked for while it reloads becomes one more reload behind it. */
  async request(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    do {
      this.#again = false;
      await this.#reload();
    } while (this.#again);
    this.#running = false;
  }

  async #reload(): Promise<void> {
    const before = this.primary.settings;
    try {
      const loaded = await this.load();
      if (this.primary.stopping) return;
      await this.#look(loaded);
      if (this.primary.stopping) return;
      await this.primary.replaceWorkers(loaded.settings);
      if (this.primary.stopping) return;
      this.log.level = loaded.settings.TGOOK_LOG_LEVEL;
      const changed = changedNames(before, loaded.settings);
      this.log.info(
        { changed, workers: loaded.settings.TGOOK_WORKERS },
        'reloaded: all workers are replaced',
      );
    } catch (error) {
      if (this.primary.stopping) return;
      // Whatever it is, the workers that are left serve on.
      const why = error instanceof StartError ? error.message : String(error);
      const state =
        this.primary.settings === before
          ? 'has failed, and the workers stay as they are'
          : 'has stopped half-way, and some workers have the old settings; reload again';
      this.log.error(`the reload ${state}: ${why}`);
    }
  }

  /** Redis is looked at as before a start. Where the workers can use theirs, one that cannot be used is refused. */
  async #look({ settings, warnings, appWarnings }: LoadedSettings): Promise<void> {
    const { problem, warnings: ofRedis } = await preflight(settings);
    if (problem !== undefined && this.primary.redisProblem === undefined) throw new StartError(problem);
    for (const warning of [...warnings, ...appWarnings, ...ofRedis]) this.log.warn(warning);
  }
}

/** The settings that are not what they were. Only names: some values are secrets. */
function changedNames(before: Settings, after: Settings): string[] {
  const names = Object.keys({ ...before, ...after }) as Array<keyof Settings>;
  return names.filter(name => name !== 'schema' && !isDeepStrictEqual(before[name], after[name]));
}
