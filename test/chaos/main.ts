import { FAULTS } from './faults/index.js';
import { playFault } from './play.js';

const [, , only, seed = '1', short] = process.argv;
for (const fault of FAULTS) {
  if (only && !fault.name.includes(only)) continue;
  const o = await playFault(fault, { seed: Number(seed), short: short === 'short' });
  console.log(fault.name, o.seconds, JSON.stringify(o.figures), JSON.stringify(o.violations));
}
