import { Misfit } from '../errors.js';
import type { ByteWriter } from './byte-writer.js';
import { escapeJson, escapeToAscii, isPlain } from './escape.js';
import { PhpFloat } from './float.js';

/**
 * PHP serialize() of single values, escaped for JSON. Each function takes the ASCII text that is pending and
 * returns it with the value behind it; text that is not ASCII goes into the writer on the way.
 *
 * `where` is `Class.property`, for the reason of a Misfit.
 */

/** `s:5:"hello";`: the length is in bytes of UTF-8, or text could break out of its quotes. */
export function writeString(writer: ByteWriter, pending: string, value: unknown, where: string): string {
  if (typeof value !== 'string') throw misfit(where, 'string', value);
  if (isPlain(value)) return `${pending}s:${value.length}:\\"${value}\\";`;
  return writeOtherString(writer, pending, value);
}

function writeOtherString(writer: ByteWriter, pending: string, value: string): string {
  const bytes = Buffer.byteLength(value);
  const escaped = escapeJson(value);
  if (bytes === value.length) return `${pending}s:${bytes}:\\"${escaped}\\";`;
  writer.ascii(`${pending}s:${bytes}:\\"`);
  writer.utf8(escaped);
  return '\\";';
}

/** `i:5;`. Those beyond 2^53 are bigints. `-0` is the integer 0. */
export function writeInt(pending: string, value: unknown, where: string): string {
  if (!Number.isSafeInteger(value) && typeof value !== 'bigint') throw misfit(where, 'integer', value);
  return `${pending}i:${value as number | bigint};`;
}

export function writeBool(pending: string, value: unknown, where: string): string {
  if (value === true) return `${pending}b:1;`;
  if (value === false) return `${pending}b:0;`;
  throw misfit(where, 'boolean', value);
}

export function writeTrue(pending: string, value: unknown, where: string): string {
  if (value !== true) throw misfit(where, 'true', value);
  return `${pending}b:1;`;
}

export function writeFloat(pending: string, value: unknown, where: string): string {
  if (!(value instanceof PhpFloat)) throw misfit(where, 'float', value);
  return `${pending}d:${phpFloat(value.number)};`;
}

/**
 * A float as PHP prints it with serialize_precision -1: the shortest digits that read back, with an exponent
 * below 1.0E-4 and from 1.0E+17 (php_gcvt with a precision of 17 and mode 0).
 */
export function phpFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF';
  const [mantissa = '', exponentText] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 17) {
    const digits = mantissa.includes('.') ? mantissa : `${mantissa}.0`;
    return `${digits}E${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
  }
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** A constant string as PHP serializes it, escaped for JSON. For boot time. */
export function constantString(value: string): string {
  return escapeToAscii(`s:${Buffer.byteLength(value)}:"${value}";`);
}

/** `O:3:"Foo":2:{`, escaped for JSON. For boot time. */
export function objectHead(className: string, properties: number): string {
  return escapeToAscii(`O:${Buffer.byteLength(className)}:"${className}":${properties}:{`);
}

/** The reason names types, never the value: a reason is kept and logged, an update's text is not. */
export function misfit(where: string, expected: string, value: unknown): Misfit {
  return new Misfit(`${where}: expected ${expected}, got ${typeName(value)}`);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof PhpFloat) return 'float';
  return typeof value === 'number' || typeof value === 'bigint' ? 'integer' : typeof value;
}

/** An object whose discriminator names no class. */
export function unknownKind(union: string, key: string): Misfit {
  return new Misfit(`${union}.${key}: no class for this value`);
}

/** A required field that is absent, or null, which is the same to phptg. */
export function missing(where: string): Misfit {
  return new Misfit(`${where} is required, and missing`);
}
