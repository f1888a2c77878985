import { REPLACED_FAULTS } from './faults/replaced.js';
import { FAILOVER_FAULTS } from './faults/sentinel.js';
import { testFaults } from './test-faults.js';

testFaults([...REPLACED_FAULTS, ...FAILOVER_FAULTS]);
