import type { Fault } from '../fault.js';
import { REDIS_FAULTS } from './redis.js';

/** All faults, in the order in which they are played and shown. */
export const FAULTS: readonly Fault[] = [...REDIS_FAULTS];
