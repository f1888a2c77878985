import cluster from 'node:cluster';
import type { FromWorker, ToWorker } from './messages.js';
import { ON_REQUEST, WITHOUT_PRIMARY, Worker } from './worker.js';

/** A worker process: waits for its settings, serves, and drains when it is told to or left alone. */

process.title = 'tgook: worker';
let worker: Worker | undefined;

function drain(limits: typeof ON_REQUEST): void {
  if (worker === undefined) process.exit(0);
  worker.drain(limits);
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'drain') {
    drain(ON_REQUEST);
  } else {
    worker = new Worker(message.settings);
    void worker.start();
  }
});

// A terminal and a service manager signal all processes; the primary's word comes as well, and counts once.
process.on('SIGTERM', () => drain(ON_REQUEST));
process.on('SIGINT', () => drain(ON_REQUEST));
process.on('SIGHUP', () => {});

cluster.worker?.on('disconnect', () => {
  // Without this Node ends the process at once, with requests in flight.
  cluster.worker!.exitedAfterDisconnect = true;
  drain(WITHOUT_PRIMARY);
});

process.send?.({ type: 'awake' } satisfies FromWorker);
