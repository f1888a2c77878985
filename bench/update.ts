/** The update that is sent: a text message of about 450 bytes, as Telegram writes one. */

const MESSAGE = {
  message_id: 79_607,
  from: { id: 339_624_585, is_bot: false, first_name: 'Анна', username: 'anna_k', language_code: 'ru' },
  chat: { id: 339_624_585, first_name: 'Анна', username: 'anna_k', type: 'private' },
  date: 1_764_000_000,
  text: '/start Привет, мир',
  entities: [
    { offset: 0, length: 6, type: 'bot_command' },
    { offset: 7, length: 6, type: 'bold' },
  ],
};

/** All ids have nine digits, so that one body serves all updates and only its digits change. */
export const FIRST_ID = 100_000_000;

/** How letters beyond ASCII are written. Telegram escapes them (td's JsonBuilder): its bodies are ASCII. */
export type Letters = 'escaped' | 'utf8';

/** A body, and where in it the nine digits of the update's id stand. */
export interface Body {
  readonly bytes: Buffer;
  readonly idAt: number;
}

export function makeBody(letters: Letters): Body {
  const json = JSON.stringify({ update_id: FIRST_ID, message: MESSAGE });
  const bytes = Buffer.from(letters === 'escaped' ? escapeLetters(json) : json);
  return { bytes, idAt: bytes.indexOf(String(FIRST_ID)) };
}

function escapeLetters(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
