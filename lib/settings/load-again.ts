import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { StartError } from '../errors.js';
import type { LoadedSettings } from './load.js';

/** What the thread answers. */
export type Reread = { readonly loaded: LoadedSettings } | { readonly refused: string };

/**
 * Loads the settings in a thread: where PHP must read an app, connections are accepted meanwhile.
 *
 * @param path as for loadSettings(); the environment is that of this process
 * @throws StartError as loadSettings() does
 */
export async function loadSettingsAgain(path: string | undefined): Promise<LoadedSettings> {
  const thread = new Worker(new URL('./load-thread.js', import.meta.url), { workerData: path });
  const [answer] = (await once(thread, 'message')) as [Reread];
  if ('refused' in answer) throw new StartError(answer.refused);
  return answer.loaded;
}
