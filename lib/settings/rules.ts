import { statSync } from 'node:fs';
import { makeValidator } from 'envalid';
import { type Ack, BOT_ID, CLASS, databaseOfUrl } from './values.js';

/**
 * The rules of the settings' values, as envalid validators. Each throws an Error whose message is read after
 * the variable's name ("LISTEN_PORT must be …"). `null` and an empty value get here only for
 * secrets: elsewhere they mean "not given", as in Laravel.
 */

/** `127.0.0.1`, `redis.local`, `::1`, or the absolute path of a Unix socket. */
const HOST = /^(?:[A-Za-z0-9_.:-]+|\/[\x21-\x7e]+)$/;
const SECRET = /^[A-Za-z0-9_-]{1,256}$/;
const QUEUE = /^[\x21-\x7e]{1,128}$/;
const TAG = /^[A-Za-z0-9_.:{}@/-]{1,128}$/;
const ZONE = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/** What Laravel's env() takes for nothing. */
export const NOT_GIVEN = /^(?:|\(?(?:null|empty)\)?)$/i;

export const hostRule = makeValidator(value => {
  if (!HOST.test(value)) throw new Error('must be a host name, an IP address or the path of a Unix socket');
  return value;
});

export const urlRule = makeValidator(value => {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new Error('must be a URL');
  }
  if (!['redis:', 'rediss:', 'unix:'].includes(url.protocol)) {
    throw new Error('must begin with redis://, rediss:// or unix:');
  }
  const isSocket = url.protocol === 'unix:';
  if (isSocket ? url.hostname !== '' || !url.pathname.startsWith('/') : url.hostname === '')
    throw new Error('names no server');
  try {
    decodeURIComponent(url.username + url.password + url.pathname);
  } catch {
    throw new Error('holds a % that must be written %25');
  }
  const db = databaseOfUrl(url);
  if (db !== undefined && !/^\d{1,9}$/.test(db)) throw new Error('names a database that is not a number');
  return value;
});

/** Anything at all, spaces and `$` included. */
export const textRule = makeValidator(value => value);

/** A key prefix: printable ASCII, since the lengths of keys are counted in characters. */
export const prefixRule = makeValidator(value => {
  if (!/^[\x21-\x7e]{0,128}$/.test(value)) {
    throw new Error('must be at most 128 printable ASCII characters without spaces');
  }
  return value;
});

export const integerRule = (least: number, most: number) =>
  makeValidator(value => {
    const number = Number(value);
    if (!/^\d{1,15}$/.test(value) || number < least || number > most) {
      throw new Error(`must be a whole number from ${least} to ${most}`);
    }
    return number;
  });

export const choiceRule = <T extends string>(...choices: T[]) =>
  makeValidator<T>(value => {
    const choice = choices.find(candidate => candidate === value);
    if (choice === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
    return choice;
  });

const ACK = /^(?:redis|aof|replicas:(?:[1-9]|1[0-6]))$/;

export const ackRule = makeValidator(value => {
  if (!ACK.test(value)) throw new Error('must be redis, aof, or replicas:N with N from 1 to 16');
  return value as Ack;
});

/** Telegram's own rule for secret_token, for each of several with commas between. */
export const secretsRule = makeValidator(value => {
  if (NOT_GIVEN.test(value)) {
    throw new Error(
      'is empty: give the secret_token of setWebhook, or remove the line to switch the check off',
    );
  }
  const secrets = value.split(',').map(secret => secret.trim());
  if (!secrets.every(secret => SECRET.test(secret))) {
    throw new Error('must be 1-256 of A-Z a-z 0-9 _ - (several are separated by commas)');
  }
  return secrets;
});

export const queueRule = makeValidator(value => {
  if (!QUEUE.test(value)) throw new Error('must be 1-128 printable ASCII characters without spaces');
  const suffix = [':reserved', ':delayed', ':notify'].find(end => value.endsWith(end));
  if (suffix !== undefined) throw new Error(`must not end in ${suffix}, which Laravel keeps for itself`);
  return value;
});

/** A name that goes into a hash and a payload as it is. */
export const nameRule = makeValidator(value => {
  if (!QUEUE.test(value)) throw new Error('must be 1-128 printable ASCII characters without spaces');
  return value;
});

export const classRule = makeValidator(value => {
  if (!CLASS.test(value) || value.length > 256) {
    throw new Error('must be a PHP class name with its namespace, without a backslash in front');
  }
  return value;
});

export const botsRule = makeValidator(value => {
  const bots = value.split(',').map(bot => bot.trim());
  if (!bots.every(bot => BOT_ID.test(bot))) {
    throw new Error('must be bot ids of 1-128 of A-Z a-z 0-9 _ . : - with commas between');
  }
  return bots;
});

export const tagsRule = makeValidator(value => {
  const tags = value.split(',').map(tag => tag.trim());
  if (!tags.every(tag => TAG.test(tag)) || tags.length > 16) {
    throw new Error(
      'must be at most 16 tags of A-Z a-z 0-9 _ . : @ / - with commas between; {bot} is the bot id',
    );
  }
  return tags;
});

export const folderRule = makeValidator(value => {
  const isFolder = statSync(value, { throwIfNoEntry: false })?.isDirectory();
  if (!isFolder) throw new Error('names no folder that is there');
  return value;
});

/** A program's name in the PATH, or its path. */
export const programRule = makeValidator(value => {
  if (!/^[\x21-\x7e]+$/.test(value)) throw new Error('must be the name or the path of a program');
  return value;
});

/** An IANA zone, spelled as the app spells it: PHP keeps the spelling, so tgook does too. */
export const zoneRule = makeValidator(value => {
  try {
    if (!ZONE.test(value)) throw new RangeError();
    new Intl.DateTimeFormat('en', { timeZone: value });
  } catch {
    throw new Error('is not a time zone of the IANA database');
  }
  return value;
});

/** `host:port`, `[::1]:port`, or `off`. */
export const addressRule = makeValidator(value => {
  if (value === 'off') return 'off' as const;
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65535) throw new Error('must be host:port, or off');
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
});

export const listenHostRule = makeValidator(value => {
  if (value.startsWith('unix:')) throw new Error('cannot be a Unix socket yet: give an address');
  if (!/^[A-Za-z0-9_.:-]+$/.test(value)) throw new Error('must be an IP address or a host name');
  return value;
});

/** A version whose schema is bundled, or the path of a file. */
export const schemaRule = (bundled: readonly string[]) =>
  makeValidator(value => {
    if (!value.includes('/') && !value.endsWith('.json') && !bundled.includes(value)) {
      throw new Error(
        `is neither a bundled version (${bundled.join(', ')}) nor the path of a file made by 'tgook schema export'`,
      );
    }
    return value;
  });
