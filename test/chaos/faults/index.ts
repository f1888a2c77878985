import type { Fault } from '../fault.js';
import { CLOCK_FAULTS } from './clock.js';
import { NETWORK_FAULTS } from './network.js';
import { PROCESS_FAULTS } from './processes.js';
import { REDIS_FAULTS } from './redis.js';
import { REFUSALS } from './refusals.js';
import { REPLACED_FAULTS } from './replaced.js';
import { RESOURCE_FAULTS } from './resources.js';
import { FAILOVER_FAULTS } from './sentinel.js';
import { TWICE_FAULTS } from './twice.js';

/** All faults, in the order in which they are played and shown. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...REDIS_FAULTS,
  ...REFUSALS,
  ...REPLACED_FAULTS,
  ...FAILOVER_FAULTS,
  ...NETWORK_FAULTS,
  ...TWICE_FAULTS,
  ...RESOURCE_FAULTS,
  ...CLOCK_FAULTS,
];
