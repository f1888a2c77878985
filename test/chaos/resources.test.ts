import { CLOCK_FAULTS } from './faults/clock.js';
import { RESOURCE_FAULTS } from './faults/resources.js';
import { testFaults } from './test-faults.js';

testFaults([...RESOURCE_FAULTS, ...CLOCK_FAULTS]);
