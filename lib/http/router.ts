import { BOT_ID } from '../settings/values.js';

const PREFIX = '/telegram/bot/webhook/';

/**
 * The bot id of a webhook's URL, or undefined where the URL is any other. Nothing is decoded or normalized:
 * an id that needs it is not one.
 */
export function botOfUrl(url: string): string | undefined {
  if (!url.startsWith(PREFIX)) return undefined;
  const query = url.indexOf('?', PREFIX.length);
  const bot = query < 0 ? url.slice(PREFIX.length) : url.slice(PREFIX.length, query);
  return BOT_ID.test(bot) ? bot : undefined;
}
