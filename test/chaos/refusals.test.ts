import { REFUSALS } from './faults/refusals.js';
import { testFaults } from './test-faults.js';

testFaults(REFUSALS);
