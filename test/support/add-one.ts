import { TestQueue } from './queue.js';

/** Run as a process: adds one update to the Redis of REDIS_URL, and prints its outcome or why it could not. */
const queue = new TestQueue({ REDIS_URL: process.env.REDIS_URL });
await queue.queue.connection.open();
console.log(queue.said[0] ?? `outcome ${await queue.add(1)}`);
queue.queue.close();
