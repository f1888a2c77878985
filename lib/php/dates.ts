import { constantString, misfit, objectHead } from './scalars.js';

/**
 * PHP's DateTimeImmutable, made by setTimestamp() in the app's default time zone:
 * `O:17:"DateTimeImmutable":3:{s:4:"date";s:26:"2025-11-24 16:00:00.000000";s:13:"timezone_type";i:3;…}`.
 */

/** Serializes seconds since 1970. `where` is `Class.property`. */
export type WriteDate = (pending: string, value: unknown, where: string) => string;

/** Where one offset from UTC holds, in seconds since 1970: from `start`, up to but without `end`. */
interface Period {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

const DAY = 86_400;

/** Days between two looks for a change of offset: since 1970 no zone has kept an offset for less than 6.9. */
const STEP = 6 * DAY;

/** The Gregorian calendar repeats itself, weekdays included. From 2100 on, zones follow plain yearly rules. */
const CYCLE_YEARS = 400;
const CYCLE = 146_097 * DAY;
const YEAR_10000 = 253_402_300_800;
/** What a Misfit says was expected. */
const DATES = 'date from 1970 to 9999';
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/**
 * @param zone the zone's name as the app spells it, which PHP keeps
 * @returns a writer for dates from 1970 to 9999; others are refused as a Misfit
 */
export function compileDate(zone: string): WriteDate {
  const zoneText = zone === 'UTC' ? undefined : new ZonePeriods(zone);
  const head = `${objectHead('DateTimeImmutable', 3)}${constantString('date')}s:26:\\"`;
  const tail = `.000000\\";${constantString('timezone_type')}i:3;${constantString('timezone')}${constantString(zone)}}`;
  let period: Period = { start: 0, end: zoneText === undefined ? YEAR_10000 : 0, offset: 0 };
  let day = Number.NaN;
  let dayText = '';

  return function writeDate(pending, value, where) {
    if (typeof value === 'bigint') throw misfit(where, DATES, value);
    if (!Number.isSafeInteger(value)) throw misfit(where, 'integer', value);
    const seconds = value as number;
    if (seconds < 0 || seconds >= YEAR_10000) throw misfit(where, DATES, value);
    if (seconds < period.start || seconds >= period.end) period = zoneText?.periodOf(seconds) ?? period;
    const local = seconds + period.offset;
    const localDay = Math.floor(local / DAY);
    if (localDay !== day) {
      if (local >= YEAR_10000) throw misfit(where, DATES, value);
      day = localDay;
      dayText = new Date(localDay * DAY * 1000).toISOString().slice(0, 10);
    }
    const rest = local - localDay * DAY;
    const hour = Math.floor(rest / 3600);
    const minute = Math.floor((rest % 3600) / 60);
    return `${pending}${head}${dayText} ${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[rest % 60]}${tail}`;
  };
}

/** A zone's offsets, found a year at a time and kept, since asking ICU for one costs as much as an update. */
class ZonePeriods {
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, readonly Period[]>();

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      era: 'short',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  periodOf(seconds: number): Period {
    const year = new Date(seconds * 1000).getUTCFullYear();
    const cycles = Math.max(0, Math.floor((year - 2100) / CYCLE_YEARS));
    const shift = cycles * CYCLE;
    // The periods of a year cover it without a gap.
    const period = this.#yearOf(year - cycles * CYCLE_YEARS).find(({ end }) => seconds - shift < end)!;
    return { start: period.start + shift, end: period.end + shift, offset: period.offset };
  }

  #yearOf(year: number): readonly Period[] {
    let periods = this.#years.get(year);
    if (periods === undefined) {
      periods = this.#periodsOf(Date.UTC(year, 0) / 1000, Date.UTC(year + 1, 0) / 1000);
      this.#years.set(year, periods);
    }
    return periods;
  }

  /** Looks at every step, and between two that differ by halving. */
  #periodsOf(from: number, to: number): Period[] {
    const periods: Period[] = [];
    let start = from;
    let offset = this.#offset(from);
    for (let low = from; low < to; low += STEP) {
      const high = Math.min(low + STEP, to);
      const next = this.#offset(high);
      if (next === offset) continue;
      const change = this.#change(low, high, offset);
      periods.push({ start, end: change, offset });
      start = change;
      offset = next;
    }
    periods.push({ start, end: to, offset });
    return periods;
  }

  /** The first second after `low` at which `offset` no longer holds. */
  #change(low: number, high: number, offset: number): number {
    let before = low;
    let after = high;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offset(middle) === offset) before = middle;
      else after = middle;
    }
    return after;
  }

  /** Seconds that local time is ahead of UTC. */
  #offset(seconds: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(seconds * 1000)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds;
  }
}
