import type { FromWorker } from './messages.js';

/** Tells the primary. Where that is gone, 'disconnect' follows and says so. */
export function tellPrimary(message: FromWorker): void {
  // Without a callback the error would be thrown: the channel may break before it is known to be closed.
  if (process.connected) process.send?.(message, undefined, undefined, ignore);
}

function ignore(): void {}
