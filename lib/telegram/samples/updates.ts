import { chatMember, inviteLink } from './members.js';
import { channelPost, message, poll, textMessage } from './messages.js';
import { type Item, privateChat, type World } from './people.js';

type Make = (world: World) => Item;

/** Each kind of update: how many of a hundred or so are of it, and how one is made. */
export const KIND_SAMPLES: Readonly<Record<string, readonly [share: number, make: Make]>> = {
  message: [50, anyMessage],
  edited_message: [5, world => ({ ...anyMessage(world), edit_date: world.now() + 60 })],
  channel_post: [3, channelPost],
  edited_channel_post: [1, world => ({ ...channelPost(world), edit_date: world.now() + 60 })],
  business_connection: [
    1,
    world => {
      const user = world.user();
      const rights = { can_reply: true, can_read_messages: true };
      return { id: 'bc1', user, user_chat_id: user.id, date: world.now(), is_enabled: true, rights };
    },
  ],
  business_message: [3, businessMessage],
  edited_business_message: [1, world => ({ ...businessMessage(world), edit_date: world.now() + 60 })],
  deleted_business_messages: [
    1,
    world => ({ business_connection_id: 'bc1', chat: privateChat(world.user()), message_ids: [1, 2, 3] }),
  ],
  guest_message: [1, world => ({ ...textMessage(world, world.user(), world.group()), guest_query_id: '77' })],
  message_reaction: [4, reaction],
  message_reaction_count: [
    1,
    world => ({
      chat: world.channel(),
      message_id: 9,
      date: world.now(),
      reactions: [
        { type: { type: 'emoji', emoji: '🔥' }, total_count: 12 },
        { type: { type: 'paid' }, total_count: 1 },
      ],
    }),
  ],
  inline_query: [
    6,
    world => ({
      id: world.random.token(12),
      from: world.user(),
      chat_type: 'sender',
      query: world.text(),
      offset: '',
      ...(world.random.chance(0.3) && { location: world.location() }),
    }),
  ],
  chosen_inline_result: [1, world => ({ result_id: '0', from: world.user(), query: world.text() })],
  callback_query: [10, callbackQuery],
  shipping_query: [
    1,
    world => ({
      id: world.random.token(12),
      from: world.user(),
      invoice_payload: 'order:7',
      shipping_address: world.address(),
    }),
  ],
  pre_checkout_query: [
    1,
    world => ({
      id: world.random.token(12),
      from: world.user(),
      currency: 'EUR',
      total_amount: 1450,
      invoice_payload: 'order:7',
      order_info: { name: 'Иван', email: 'ivan@example.com', shipping_address: world.address() },
    }),
  ],
  poll: [1, world => ({ ...poll(world), total_voter_count: world.random.int(0, 50) })],
  poll_answer: [
    2,
    world => ({
      poll_id: `52${world.random.int(100_000, 999_999)}`,
      user: world.user(),
      option_ids: [0],
      option_persistent_ids: ['o0'],
    }),
  ],
  my_chat_member: [1, world => memberUpdated(world, privateChat(world.user()), world.bot)],
  chat_member: [3, world => memberUpdated(world, world.group(), world.user())],
  chat_join_request: [
    1,
    world => {
      const from = world.user();
      const chat = world.group();
      const date = world.now();
      return { chat, from, user_chat_id: from.id, date, bio: world.text(), invite_link: inviteLink(world) };
    },
  ],
  chat_boost: [
    1,
    world => {
      const add_date = world.now();
      const source = { source: 'premium', user: world.user() };
      return {
        chat: world.channel(),
        boost: { boost_id: world.random.token(16), add_date, expiration_date: add_date + 2_592_000, source },
      };
    },
  ],
  removed_chat_boost: [
    1,
    world => ({
      chat: world.channel(),
      boost_id: world.random.token(16),
      remove_date: world.now(),
      source: { source: 'gift_code', user: world.user() },
    }),
  ],
  purchased_paid_media: [1, world => ({ from: world.user(), paid_media_payload: world.random.token(16) })],
  managed_bot: [1, world => ({ user: world.user(), bot: world.bot })],
};

/**
 * Updates that phptg 0.21.1 has no room for, as they come when the Bot API server is newer than the app, or
 * older: they go into quarantine.
 */
export const MISFIT_SAMPLES: ReadonlyArray<readonly [kind: string, make: Make]> = [
  // An older server does not know members_only, which the class demands.
  ['poll', world => ({ ...poll(world), members_only: undefined })],
  // A newer server has kinds that the class does not know.
  ['message_reaction', world => ({ ...reaction(world), new_reaction: [{ type: 'animated', emoji: '🦄' }] })],
  [
    'chat_member',
    world => {
      const user = world.user();
      return { ...memberUpdated(world, world.group(), user), new_chat_member: { status: 'guest', user } };
    },
  ],
  // phptg has a class for it, and does not list it in the union.
  [
    'message',
    world => ({
      ...anyMessage(world),
      text: undefined,
      paid_media: { star_count: 5, paid_media: [{ type: 'live_photo' }] },
    }),
  ],
];

/** In a private chat, or in a group. */
function anyMessage(world: World): Item {
  const from = world.user();
  return message(world, from, world.random.chance(0.7) ? privateChat(from) : world.group());
}

function businessMessage(world: World): Item {
  const from = world.user();
  return { ...message(world, from, privateChat(from)), business_connection_id: 'bc1' };
}

function reaction(world: World): Item {
  const emoji = world.random.pick(['👍', '❤', '🤡', '💯']);
  const added = [
    { type: 'emoji', emoji },
    { type: 'custom_emoji', custom_emoji_id: '5368324170671202286' },
  ];
  return {
    chat: world.group(),
    message_id: world.random.int(1, 1000),
    user: world.user(),
    date: world.now(),
    old_reaction: [],
    new_reaction: world.random.chance(0.2) ? [] : added,
  };
}

function callbackQuery(world: World): Item {
  const from = world.user();
  const chat = privateChat(from);
  const head = { id: world.random.token(18), from, chat_instance: world.random.token(19) };
  const buttons = [
    [
      { text: 'Купить 🛒', callback_data: 'buy:42' },
      { text: 'Site', url: 'https://example.com' },
    ],
  ];
  const markup = { reply_markup: { inline_keyboard: buttons } };
  return world.random.pick<Make>([
    () => ({ ...head, message: { ...textMessage(world, world.bot, chat), ...markup }, data: 'buy:42' }),
    () => ({ ...head, message: { chat, message_id: 5, date: 0 }, data: 'page:2' }),
    () => ({ ...head, inline_message_id: world.random.token(27), data: 'vote:1' }),
    () => ({ ...head, inline_message_id: world.random.token(27), game_short_name: 'snake' }),
  ])(world);
}

function memberUpdated(world: World, chat: Item, user: Item): Item {
  return {
    chat,
    from: world.user(),
    date: world.now(),
    old_chat_member: chatMember(world, user),
    new_chat_member: chatMember(world, user),
    ...(world.random.chance(0.2) && { invite_link: inviteLink(world) }),
  };
}
