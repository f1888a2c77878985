import t from 'tap';
import { compileDate } from '../../lib/php/dates.js';
import { PhpFloat } from '../../lib/php/float.js';
import { property, unserialize } from '../support/unserialize.js';

const serialize = (write: ReturnType<typeof compileDate>, seconds: unknown): string =>
  JSON.parse(`"${write('', seconds, 'Test.date')}"`) as string;

/** The local time in a zone; the bytes around it are checked as well. */
function local(write: ReturnType<typeof compileDate>, zone: string, seconds: number): string {
  const text = serialize(write, seconds);
  const date = String(property(unserialize(text), 'date'));
  const expected =
    `O:17:"DateTimeImmutable":3:{s:4:"date";s:26:"${date}";s:13:"timezone_type";i:3;` +
    `s:8:"timezone";s:${zone.length}:"${zone}";}`;
  if (text !== expected) throw new Error(`${text} is not ${expected}`);
  return date;
}

const utc = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`) / 1000;

/** By zone: [a moment in UTC, its local time]; from the IANA time zone database. */
const ZONES: Readonly<Record<string, ReadonlyArray<readonly [at: string, there: string]>>> = {
  UTC: [
    ['1970-01-01 00:00:00', '1970-01-01 00:00:00'],
    ['2025-11-24 16:00:00', '2025-11-24 16:00:00'],
    ['2000-02-29 23:59:59', '2000-02-29 23:59:59'],
    ['2100-02-28 23:59:59', '2100-02-28 23:59:59'],
    ['2100-03-01 00:00:00', '2100-03-01 00:00:00'],
    ['9999-12-31 23:59:59', '9999-12-31 23:59:59'],
  ],
  'Europe/Berlin': [
    ['1970-01-01 00:00:00', '1970-01-01 01:00:00'],
    ['2024-03-31 00:59:59', '2024-03-31 01:59:59'],
    ['2024-03-31 01:00:00', '2024-03-31 03:00:00'],
    ['2024-10-27 00:59:59', '2024-10-27 02:59:59'],
    ['2024-10-27 01:00:00', '2024-10-27 02:00:00'],
    ['2024-12-31 23:00:00', '2025-01-01 00:00:00'],
    ['2150-07-01 12:00:00', '2150-07-01 14:00:00'],
    ['2150-01-01 12:00:00', '2150-01-01 13:00:00'],
    // The calendar repeats after 400 years: these come from the years 2100 and 2399.
    ['9700-07-01 12:00:00', '9700-07-01 14:00:00'],
    ['9999-12-31 22:59:59', '9999-12-31 23:59:59'],
  ],
  'America/New_York': [
    ['1970-01-01 05:00:00', '1970-01-01 00:00:00'],
    ['2024-03-10 06:59:59', '2024-03-10 01:59:59'],
    ['2024-03-10 07:00:00', '2024-03-10 03:00:00'],
    ['2024-11-03 05:59:59', '2024-11-03 01:59:59'],
    ['2024-11-03 06:00:00', '2024-11-03 01:00:00'],
    ['2025-01-01 04:59:59', '2024-12-31 23:59:59'],
    ['2200-07-04 16:00:00', '2200-07-04 12:00:00'],
    ['9999-12-31 23:59:59', '9999-12-31 18:59:59'],
  ],
  'Asia/Kolkata': [['2025-11-24 16:00:00', '2025-11-24 21:30:00']],
  'Asia/Kathmandu': [
    ['2025-11-24 16:00:00', '2025-11-24 21:45:00'],
    ['1985-12-31 18:29:59', '1985-12-31 23:59:59'],
    ['1985-12-31 18:30:00', '1986-01-01 00:15:00'],
  ],
  'Australia/Lord_Howe': [
    ['2024-04-06 14:59:59', '2024-04-07 01:59:59'],
    ['2024-04-06 15:00:00', '2024-04-07 01:30:00'],
    ['2024-10-05 15:29:59', '2024-10-06 01:59:59'],
    ['2024-10-05 15:30:00', '2024-10-06 02:30:00'],
  ],
  'America/St_Johns': [['2025-11-24 16:00:00', '2025-11-24 12:30:00']],
  // The clocks go back for Ramadan, and on again behind it.
  'Africa/Casablanca': [
    ['2024-03-10 01:59:59', '2024-03-10 02:59:59'],
    ['2024-03-10 02:00:00', '2024-03-10 02:00:00'],
    ['2024-04-14 01:59:59', '2024-04-14 01:59:59'],
    ['2024-04-14 02:00:00', '2024-04-14 03:00:00'],
  ],
  'Asia/Gaza': [
    ['2024-04-19 23:59:59', '2024-04-20 01:59:59'],
    ['2024-04-20 00:00:00', '2024-04-20 03:00:00'],
    ['2024-10-25 22:59:59', '2024-10-26 01:59:59'],
    ['2024-10-25 23:00:00', '2024-10-26 01:00:00'],
  ],
  // There was no 30th of December 2011 in Samoa.
  'Pacific/Apia': [
    ['2011-12-30 09:59:59', '2011-12-29 23:59:59'],
    ['2011-12-30 10:00:00', '2011-12-31 00:00:00'],
  ],
  // An offset of 44 minutes and 30 seconds, until 1972.
  'Africa/Monrovia': [
    ['1972-01-07 00:44:29', '1972-01-06 23:59:59'],
    ['1972-01-07 00:44:30', '1972-01-07 00:44:30'],
  ],
  'Etc/GMT+5': [['2025-11-24 16:00:00', '2025-11-24 11:00:00']],
  'Pacific/Kiritimati': [['2025-11-24 16:00:00', '2025-11-25 06:00:00']],
};

for (const [zone, moments] of Object.entries(ZONES)) {
  t.test(`local times in ${zone}`, t => {
    const write = compileDate(zone);
    for (const [at, there] of moments) t.equal(local(write, zone, utc(at)), `${there}.000000`, `${at} UTC`);
    // In any order: what is remembered of one moment may not spoil another.
    for (const [at, there] of [...moments].reverse()) t.equal(local(write, zone, utc(at)), `${there}.000000`);
    t.end();
  });
}

t.test('the first date that is asked for is right, whichever it is', t => {
  for (const [zone, moments] of Object.entries(ZONES)) {
    for (const [at, there] of moments)
      t.equal(local(compileDate(zone), zone, utc(at)), `${there}.000000`, zone);
  }
  t.equal(local(compileDate('America/New_York'), 'America/New_York', 0), '1969-12-31 19:00:00.000000');
  t.end();
});

t.test("each second around a change of clocks is right, by JavaScript's own calendar", t => {
  for (const zone of [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Gaza',
  ]) {
    const write = compileDate(zone);
    const format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    const wrong: number[] = [];
    const from = utc('2024-01-01 00:00:00');
    for (let seconds = from; seconds < from + 366 * 86_400; seconds += 1799) {
      if (local(write, zone, seconds) !== `${format.format(seconds * 1000)}.000000`) wrong.push(seconds);
    }
    t.same(wrong, [], zone);
  }
  t.end();
});

t.test("the zone's name keeps the spelling that the app gave it", t => {
  for (const zone of [
    'europe/moscow',
    'Europe/Moscow',
    'Etc/UTC',
    'utc',
    'GMT',
    'Asia/Calcutta',
    'US/Eastern',
  ]) {
    t.ok(local(compileDate(zone), zone, 1_764_000_000), zone);
  }
  t.end();
});

t.test('a date outside of 1970 to 9999 does not fit', t => {
  for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York']) {
    const write = compileDate(zone);
    for (const seconds of [-1, -86_400, 253_402_300_800, Number.MAX_SAFE_INTEGER, -(2n ** 63n)]) {
      t.throws(() => write('', seconds, 'Test.date'), {
        name: 'Misfit',
        message: 'Test.date: expected date from 1970 to 9999, got integer',
      });
    }
    for (const [value, got] of [
      [new PhpFloat(1), 'float'],
      ['1', 'string'],
      [null, 'null'],
      [{}, 'object'],
    ] as const) {
      t.throws(() => write('', value, 'Test.date'), { message: `Test.date: expected integer, got ${got}` });
    }
    t.equal(local(write, zone, 1_764_000_000).length, 26, 'and the next one is right again');
  }
  t.throws(() => compileDate('Europe/Berlin')('', 253_402_300_799, 'Test.date'), { name: 'Misfit' });
  t.end();
});
