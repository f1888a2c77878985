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

export function escapeLetters(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const FROM = {
  id: 339_624_585,
  is_bot: false,
  first_name: 'Анна',
  last_name: 'Ковалёва',
  username: 'anna_k',
};
const CHAT = { id: -1_001_234_567_890, title: 'Разговоры о погоде', type: 'supergroup', is_forum: true };
const SENTENCE = 'Сегодня в городе ясно, днём до +21 °C, ветер слабый. ';
const entities = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    offset: i * 9,
    length: 7,
    type: i % 3 === 0 ? 'bold' : 'italic',
  }));

/** About 4 KB: a forum message with entities and a keyboard, in reply to a photo with a long caption. */
export const LONG_MESSAGE = {
  update_id: FIRST_ID,
  message: {
    message_id: 79_608,
    from: FROM,
    chat: CHAT,
    date: 1_764_000_000,
    message_thread_id: 12,
    is_topic_message: true,
    text: SENTENCE.repeat(4),
    entities: entities(14),
    reply_markup: {
      inline_keyboard: [
        [
          { text: 'Да', callback_data: 'yes' },
          { text: 'Нет', callback_data: 'no' },
        ],
        [{ text: 'Подробнее', url: 'https://example.org/weather' }],
      ],
    },
    reply_to_message: {
      message_id: 79_600,
      from: { ...FROM, id: 100_200_300, first_name: 'Пётр', username: 'petr' },
      chat: CHAT,
      date: 1_763_999_000,
      photo: [90, 320, 800].map(size => ({
        file_id: `AgACAgIAAxkBAAIB${size}`.padEnd(80, 'x'),
        file_unique_id: `AQADu8cxG${size}`,
        file_size: size * 97,
        width: size,
        height: size,
      })),
      caption: SENTENCE.repeat(2),
      caption_entities: entities(8),
    },
  },
};

/** Numbers that JSON.parse() alone cannot be trusted with. */
export const LOCATION = JSON.stringify({
  update_id: FIRST_ID,
  message: { message_id: 1, from: FROM, chat: CHAT, date: 1_764_000_000, location: {} },
}).replace('{}', '{"latitude":55.7558,"longitude":37.6176,"horizontal_accuracy":65.0}');
