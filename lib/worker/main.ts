import type { Socket } from 'node:net';
import type { ToWorker } from './messages.js';
import { tellPrimary } from './tell.js';
import { Worker } from './worker.js';

/** A worker process: waits for its settings, serves, and drains when it is told to or left alone. */

/** Milliseconds to drain without a primary: it gets no more connections, and nobody would end it later. */
const WITHOUT_PRIMARY = 3500;

process.title = 'tgook: worker';
let worker: Worker | undefined;

function drain(within: number): void {
  if (worker === undefined) process.exit(0);
  worker.drain(within);
}

process.on('message', (message: ToWorker, socket?: Socket) => {
  switch (message.type) {
    case 'start':
      worker = new Worker(message.settings);
      void worker.start();
      break;
    case 'connection':
      worker?.take(message.id, socket);
      break;
    case 'drain':
      drain(message.within);
      break;
  }
});

// A terminal and a service manager signal all processes, and the primary is the one to say what follows. A worker
// that was signalled alone asks to be replaced.
process.on('SIGTERM', () => tellPrimary({ type: 'leaving' }));
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});

process.on('disconnect', () => drain(WITHOUT_PRIMARY));

tellPrimary({ type: 'awake' });
