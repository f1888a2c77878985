import type { TelegramUpdate } from './kinds.js';

/**
 * An update's body as the Bot API server writes it (td, JsonBuilder.cpp): everything beyond ASCII is escaped,
 * and a line ends behind the id.
 */
export function telegramJson({ update_id, ...rest }: TelegramUpdate): string {
  const json = JSON.stringify(rest).replace(/[\u0080-\uffff]/g, escapeUnit);
  return json === '{}' ? `{"update_id":${update_id}}` : `{"update_id":${update_id},\n${json.slice(1)}`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
