/** What workers need to know of values; without envalid, which would cost each of them memory. */

/** Bot ids are taken from the path as they are; this is what one may look like. */
export const BOT_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** A PHP class with its namespace, without a backslash in front. */
export const CLASS = /^[A-Za-z_][A-Za-z0-9_]*(?:\\[A-Za-z_][A-Za-z0-9_]*)*$/;

/** When an update counts as stored: Redis has it; it is in Redis' append-only file; so many replicas have it. */
export type Ack = 'redis' | 'aof' | `replicas:${number}`;

/** The database in a Redis URL: its path (`redis://host/2`), or `?db=2` where the path is a socket's. */
export function databaseOfUrl(url: URL): string | undefined {
  if (url.protocol !== 'unix:' && url.pathname.length > 1) return url.pathname.slice(1);
  return url.searchParams.get('db') ?? undefined;
}
