import { NETWORK_FAULTS } from './faults/network.js';
import { testFaults } from './test-faults.js';

testFaults(NETWORK_FAULTS);
