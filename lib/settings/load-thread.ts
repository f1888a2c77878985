import { parentPort, workerData } from 'node:worker_threads';
import { StartError } from '../errors.js';
import { loadSettings } from './load.js';
import type { Reread } from './load-again.js';

/** The thread of loadSettingsAgain(). */

function load(path: string | undefined): Reread {
  try {
    return { loaded: loadSettings(process.env, path) };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { refused: error.message };
  }
}

parentPort?.postMessage(load(workerData));
