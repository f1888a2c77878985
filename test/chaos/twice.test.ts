import { TWICE_FAULTS } from './faults/twice.js';
import { testFaults } from './test-faults.js';

testFaults(TWICE_FAULTS);
