import { PROCESS_FAULTS } from './faults/processes.js';
import { testFaults } from './test-faults.js';

testFaults(PROCESS_FAULTS);
