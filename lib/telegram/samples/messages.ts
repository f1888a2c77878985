import { type Item, privateChat, type World } from './people.js';

/** What a message can be about, each as the fields that it adds to a message. */
const CONTENTS: ReadonlyArray<(world: World) => Item> = [
  world => ({ text: world.text() }),
  world => ({
    text: '/start ref_42',
    entities: [{ offset: 0, length: 6, type: 'bot_command' }],
    effect_id: world.random.token(19),
  }),
  world => ({
    text: 'see https://example.com',
    entities: [{ offset: 4, length: 19, type: 'url' }],
    link_preview_options: { is_disabled: true },
    quote: { text: world.text(), position: 0, is_manual: true },
  }),
  world => ({
    text: world.text(),
    forward_origin: { type: 'hidden_user', sender_user_name: 'Кто-то', date: world.now() },
  }),
  world => ({
    text: world.text(),
    forward_origin: { type: 'channel', chat: world.channel(), message_id: 7, date: world.now() },
  }),
  world => ({
    text: world.text(),
    reply_to_message: textMessage(world, world.bot, privateChat(world.user())),
  }),
  world => ({ photo: world.photo(), caption: world.text(), media_group_id: '13579' }),
  world => ({ photo: world.photo(), has_media_spoiler: true }),
  world => ({ sticker: sticker(world) }),
  world => ({ voice: { ...world.file(), duration: 3, mime_type: 'audio/ogg', file_size: 12_345 } }),
  world => ({ video: { ...world.file(), width: 1280, height: 720, duration: 12, mime_type: 'video/mp4' } }),
  world => ({ video_note: { ...world.file(), length: 240, duration: 5 } }),
  world => ({ animation: { ...world.file(), width: 320, height: 240, duration: 2, file_name: 'кот.gif' } }),
  world => ({ audio: { ...world.file(), duration: 200, performer: 'Björk', title: 'Jóga' } }),
  world => ({
    document: { ...world.file(), file_name: 'счёт №1.pdf', mime_type: 'application/pdf', file_size: 99_000 },
  }),
  world => ({ location: { ...world.location(), live_period: 900, heading: 90 } }),
  world => ({ venue: { location: world.location(), title: 'Кафе', address: 'ул. Мира, 1' } }),
  world => ({ contact: { phone_number: '+79991234567', first_name: 'Ева', user_id: world.user().id } }),
  world => ({ dice: { emoji: '🎲', value: world.random.int(1, 6) } }),
  world => ({ game: { title: 'Змейка', description: 'Ешь 🍎', photo: world.photo() } }),
  world => ({ poll: poll(world) }),
  world => ({ story: { chat: world.channel(), id: 12 } }),
  world => ({ new_chat_members: [world.user(), world.user()] }),
  world => ({ left_chat_member: world.user() }),
  () => ({ new_chat_title: 'Новое имя 🎉' }),
  world => ({ pinned_message: { chat: world.group(), message_id: 3, date: 0 } }),
  world => ({ pinned_message: textMessage(world, world.user(), world.group()) }),
  () => ({ message_auto_delete_timer_changed: { message_auto_delete_time: 86_400 } }),
  () => ({ forum_topic_created: { name: 'Вопросы ❓', icon_color: 7_322_096 } }),
  () => ({ forum_topic_closed: {} }),
  () => ({ video_chat_ended: { duration: 360 } }),
  () => ({ web_app_data: { data: '{"cart":[1,2]}', button_text: 'Открыть' } }),
  () => ({
    invoice: {
      title: 'Чай',
      description: '100 г',
      start_parameter: 'tea',
      currency: 'EUR',
      total_amount: 499,
    },
  }),
  world => ({
    successful_payment: {
      currency: 'XTR',
      total_amount: 50,
      invoice_payload: `order:${world.random.token(8)}`,
      telegram_payment_charge_id: world.random.token(24),
      provider_payment_charge_id: '',
      subscription_expiration_date: world.now() + 2_592_000,
      is_recurring: true,
    },
  }),
  world => ({ users_shared: { request_id: 1, users: [{ user_id: world.user().id, first_name: 'Мария' }] } }),
  world => ({ paid_media: { star_count: 5, paid_media: [{ type: 'photo', photo: world.photo() }] } }),
  world => ({
    giveaway: { chats: [world.channel()], winners_selection_date: world.now() + 3600, winner_count: 3 },
  }),
  world => ({
    checklist: {
      title: 'Купить 🛒',
      tasks: [
        { id: 1, text: 'хлеб' },
        { id: 2, text: world.text() },
      ],
    },
  }),
  world => ({
    rich_message: {
      blocks: [
        { type: 'heading', text: { type: 'bold', text: world.text() }, size: 2 },
        {
          type: 'paragraph',
          text: ['plain ', { type: 'italic', text: ['deep ', { type: 'code', text: 'x' }] }],
        },
        { type: 'divider' },
      ],
    },
  }),
];

/** Most messages are plain text. */
const TEXT_SHARE = 0.5;

/** A message that may be about anything. */
export function message(world: World, from: Item, chat: Item): Item {
  const { random } = world;
  const content = random.chance(TEXT_SHARE) ? { text: world.text(from) } : random.pick(CONTENTS)(world);
  return { ...head(world, from, chat), ...content };
}

/** A message of plain text. */
export function textMessage(world: World, from: Item, chat: Item): Item {
  return { ...head(world, from, chat), text: world.text(from) };
}

/** A post of the channel itself: nobody's. */
export function channelPost(world: World): Item {
  const chat = world.channel();
  const content = world.random.pick([
    () => ({ text: world.text() }),
    () => ({ photo: world.photo(), caption: world.text() }),
    () => ({ poll: poll(world) }),
  ])();
  return {
    message_id: world.messageId(),
    sender_chat: chat,
    chat,
    date: world.now(),
    ...content,
    author_signature: 'Ред.',
  };
}

function head(world: World, from: Item, chat: Item): Item {
  const topic = chat.is_forum === true && { message_thread_id: 11, is_topic_message: true };
  return { message_id: world.messageId(), from, chat, date: world.now(), ...topic };
}

export function poll(world: World): Item {
  const options = ['Да ✅', 'Нет ❌', world.text()].map((text, i) => ({
    persistent_id: `o${i}`,
    text,
    voter_count: i,
  }));
  return {
    id: `52${world.random.int(100_000, 999_999)}`,
    question: 'Ещё раз? 🤔',
    options,
    total_voter_count: 3,
    is_closed: false,
    is_anonymous: false,
    type: 'regular',
    allows_multiple_answers: true,
    allows_revoting: true,
    members_only: false,
  };
}

export function sticker(world: World): Item {
  return {
    ...world.file(),
    type: 'regular',
    width: 512,
    height: 512,
    is_animated: world.random.chance(0.5),
    is_video: false,
    emoji: world.random.pick(['👍', '❤️', '🔥', '🏳️‍🌈']),
    set_name: 'Demo_by_bot',
  };
}
