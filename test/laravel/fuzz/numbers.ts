import type { Random } from 'fast-check';
import { once, pick } from './random.js';

const INT64 = 2n ** 63n;

/** Where languages begin to differ about integers. */
const EDGES = [0n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 10n ** 15n, 10n ** 18n];

/** An integer that PHP takes, plainly spelled. */
export function jsonInt(random: Random): string {
  switch (random.nextInt(0, 7)) {
    case 0:
      return String(sign(random) * near(random, pick(random, EDGES)));
    case 1:
      return pick(random, ['-0', '0', String(INT64 - 1n), String(-INT64), String(1n - INT64)]);
    case 2:
      return String(random.nextBigInt(-INT64, INT64 - 1n));
    case 3:
      return String(-random.nextInt(1, 2 ** 31));
    default:
      return String(random.nextInt(0, 10 ** random.nextInt(1, 13)));
  }
}

const sign = (random: Random): bigint => (once(random, 2) ? 1n : -1n);
const near = (random: Random, edge: bigint): bigint => edge + BigInt(random.nextInt(-2, 2));

/** A float that PHP takes: it has a dot or an exponent, or is beyond int64. */
export function jsonFloat(random: Random): string {
  switch (random.nextInt(0, 7)) {
    case 0:
      return pick(random, SPECIAL_FLOATS);
    case 1:
      return `${pick(random, ['', '-'])}${digits(random, 20, 25)}`;
    case 2:
      return `${pick(random, ['', '-'])}${digits(random, 1, 3)}.${digits(random, 1, 30)}`;
    case 3:
      return `${jsonInt(random)}${pick(random, ['.0', '.000', 'e0', 'E+0', 'e-2', 'e5'])}`;
    case 4: {
      const exponent = random.nextInt(-330, 310);
      return `${digits(random, 1, 1)}.${digits(random, 1, 18)}${pick(random, ['e', 'E'])}${exponent}`;
    }
    default:
      return `${random.nextInt(-180, 180)}.${digits(random, 1, 6)}`;
  }
}

const SPECIAL_FLOATS = [
  '0.0',
  '-0.0',
  '-0e0',
  '1.0',
  '0.0001',
  '0.00001',
  '1e16',
  '1e17',
  '123456789012345678.0',
  '9223372036854775807.0',
  '9223372036854775808',
  '-9223372036854775809',
  '5e-324',
  '2e-324',
  '2.2250738585072011e-308',
  '1.7976931348623157e308',
  '1.7976931348623159e308',
  '1e400',
  '-1e400',
  '1e-400',
  '0.1000000000000000055511151231257827',
];

/** Digits that do not begin with 0. */
function digits(random: Random, fewest: number, most: number): string {
  let text = String(random.nextInt(1, 9));
  for (let left = random.nextInt(fewest, most); left > 1; left--) text += random.nextInt(0, 9);
  return text;
}

/** Seconds at which clocks went back, in Moscow, New York and on Lord Howe Island. */
const CLOCKS_BACK = [1_414_274_400, 1_730_613_600, 1_712_415_600];
export const YEAR_10000 = 253_402_300_800;

/** Seconds from 1970 to 9999. */
export function jsonDate(random: Random): string {
  switch (random.nextInt(0, 7)) {
    case 0:
      return pick(random, ['0', '1', '86399', '2147483647', '2147483648', '4294967296']);
    case 1:
      return String(random.nextInt(0, YEAR_10000 - 86_400));
    case 2:
      return String(pick(random, CLOCKS_BACK) + 900 * random.nextInt(-8, 8) + random.nextInt(-1, 1));
    case 3:
      return String(random.nextInt(0, 2 ** 32));
    default:
      return String(random.nextInt(1_400_000_000, 2_000_000_000));
  }
}

/** An update_id that tgook takes. */
export function jsonUpdateId(random: Random): string {
  if (once(random, 8)) return pick(random, ['0', '-0', '1', '65535', '65536', String(2 ** 53 - 1)]);
  return String(random.nextInt(0, once(random, 2) ? 2 ** 31 : 2 ** 53 - 1));
}
