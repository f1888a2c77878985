import { Random } from './random.js';

/** An object of the Bot API. */
export type Item = Readonly<Record<string, unknown>>;

/** Who writes, and what: first name, last name, language, and things said, in many scripts. */
const SPEAKERS: ReadonlyArray<readonly [first: string, last: string, language: string, ...texts: string[]]> =
  [
    ['Anna', 'Weiß', 'de', 'Grüß Gott! 🥨', 'Schöne Straße, größer als gedacht', 'Passt 👍🏽'],
    ['Иван', 'Петров', 'ru', 'Привет! Как дела? 😀', 'Заказ № 4521 ещё не пришёл', 'Спасибо 🙏'],
    ['Олена', 'Шевченко', 'uk', 'Добрий день! 🇺🇦', 'Щось не працює ґанок', 'Дякую, все гаразд'],
    ['李', '伟', 'zh-hans', '你好，订单什么时候到？🚚', '谢谢！', '价格是多少？'],
    ['さくら', '田中', 'ja', 'こんにちは 🌸', 'ご注文ありがとうございます', 'ｶﾀｶﾅ もできます'],
    ['민준', '김', 'ko', '안녕하세요! 👋', '배송 조회 부탁드려요', '감사합니다 🙇‍♂️'],
    ['محمد', 'الأحمد', 'ar', 'مرحبا، أين طلبي؟ 📦', 'شكرا جزيلا', 'السعر ١٢٣ ريال'],
    ['נועה', 'כהן', 'he', 'שלום! מה קורה? 😊', 'ההזמנה abc 123 הגיעה', 'תודה'],
    ['प्रिया', 'शर्मा', 'hi', 'नमस्ते 🙏🏼', 'मेरा ऑर्डर कहाँ है?', 'धन्यवाद'],
    ['สมชาย', 'ใจดี', 'th', 'สวัสดีครับ 🐘', 'ขอบคุณมาก', 'ราคาเท่าไหร่'],
    ['Γιώργος', 'Παπαδόπουλος', 'el', 'Γεια σου! ☀️', 'Ευχαριστώ πολύ', 'Πόσο κάνει;'],
    ['ნინო', 'ბერიძე', 'ka', 'გამარჯობა! 🍇', 'მადლობა', 'რა ღირს?'],
    ['Zoë', "O'Brien", 'en', 'Hello 👨‍👩‍👧‍👦 everyone!', '<b>not bold</b> & "quoted" \\ slash', 'ok'],
    ['Thị Hương', 'Nguyễn', 'vi', 'Xin chào 🇻🇳', 'Cảm ơn bạn rất nhiều', 'Bao nhiêu tiền?'],
    ['José', 'Muñoz', 'es', '¡Hola! ¿Qué tal? 💃', 'Mañana por la mañana', 'Gracias 1️⃣'],
    ['Ayşe', 'Yılmaz', 'tr', 'Merhaba! ☕️', 'İstanbul’da ığüşöç', 'Teşekkürler'],
  ];

const PEOPLE = 400;
const GROUPS = 40;
const CHANNELS = 12;

/** 2025-11-24 16:00 UTC: where the clock of the samples starts. */
const START = 1_764_000_000;

/** The people, chats and bots that the sample updates are about, and the dice that decide what happens. */
export class World {
  readonly random: Random;
  readonly bot: Item = { id: 7_000_000_001, is_bot: true, first_name: 'Shop', username: 'demo_shop_bot' };
  #seconds = START;
  #messageId = 1000;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Unix seconds, which go on slowly. */
  now(): number {
    if (this.random.chance(0.1)) this.#seconds++;
    return this.#seconds;
  }

  messageId(): number {
    return ++this.#messageId;
  }

  user(): Item {
    return userOf(this.random.int(1, PEOPLE));
  }

  /** Something that this person would say, or anyone. */
  text(person?: Item): string {
    const theirs = SPEAKERS.find(([, , language]) => language === person?.language_code);
    const [, , , ...texts] = theirs ?? this.random.pick(SPEAKERS);
    return this.random.pick(texts);
  }

  group(): Item {
    const number = this.random.int(1, GROUPS);
    const forum = number % 5 === 0 && { is_forum: true };
    return {
      id: -1_001_000_000_000 - number,
      title: `Ёлки & палки ${number} 🎄`,
      type: 'supergroup',
      ...forum,
    };
  }

  channel(): Item {
    const number = this.random.int(1, CHANNELS);
    return {
      id: -1_002_000_000_000 - number,
      title: `News ${number} 📰`,
      username: `news_${number}`,
      type: 'channel',
    };
  }

  file(): Item {
    return {
      file_id: `AgACAgIAAxkBAAI${this.random.token(40)}`,
      file_unique_id: `AQAD${this.random.token(10)}`,
    };
  }

  photo(): Item[] {
    return [90, 320, 800].map(width => ({
      ...this.file(),
      width,
      height: Math.round(width * 0.75),
      file_size: width * 41,
    }));
  }

  /** Never a whole number: PHP wants a dot in a float, and JSON.stringify would leave it out. */
  location(): Item {
    const degrees = (most: number): number =>
      Number(`${this.random.int(-most, most)}.${this.random.int(1000, 9999)}7`);
    return { latitude: degrees(84), longitude: degrees(179) };
  }

  address(): Item {
    return {
      country_code: 'DE',
      state: '',
      city: 'Köln',
      street_line1: `Große Straße ${this.random.int(1, 99)}`,
      street_line2: '',
      post_code: '50667',
    };
  }
}

function userOf(number: number): Item {
  const [first_name, last_name, language_code] = SPEAKERS[number % SPEAKERS.length]!;
  return {
    id: 1_111_000 + number,
    is_bot: false,
    first_name,
    ...(number % 3 !== 0 && { last_name }),
    ...(number % 2 === 0 && { username: `user_${number}` }),
    language_code,
    ...(number % 7 === 0 && { is_premium: true }),
  };
}

/** The chat of a user with the bot. */
export function privateChat(user: Item): Item {
  const { id, first_name, last_name, username } = user;
  return {
    id,
    first_name,
    ...(last_name !== undefined && { last_name }),
    ...(username !== undefined && { username }),
    type: 'private',
  };
}
