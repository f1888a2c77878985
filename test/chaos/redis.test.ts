import { REDIS_FAULTS } from './faults/redis.js';
import { testFaults } from './test-faults.js';

testFaults(REDIS_FAULTS);
