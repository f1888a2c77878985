/** An update as the Bot API server makes it: its id, and one field more that names its kind. */
export interface TelegramUpdate {
  readonly update_id: number;
  readonly [kind: string]: unknown;
}

const DAY = 86_400;

/**
 * What the Bot API server knows of each kind (telegram-bot-api, Client.cpp, its calls of add_update): for how
 * many seconds it tries to deliver one, and in which of its queues it waits. A queue is a family and the id
 * at a path; families are the server's own numbers, so that what shares a queue there shares one here.
 */
const KINDS: Readonly<Record<string, readonly [lifetime: number, family: number, path: string]>> = {
  message: [DAY, 0, 'chat.id'],
  edited_message: [DAY, 0, 'chat.id'],
  channel_post: [DAY, 0, 'chat.id'],
  edited_channel_post: [DAY, 0, 'chat.id'],
  business_connection: [DAY, 10, 'user.id'],
  business_message: [DAY, 11, 'chat.id'],
  edited_business_message: [DAY, 11, 'chat.id'],
  deleted_business_messages: [DAY, 11, 'chat.id'],
  guest_message: [DAY, 12, 'chat.id'],
  message_reaction: [DAY, 8, 'chat.id'],
  message_reaction_count: [DAY, 9, 'chat.id'],
  inline_query: [30, 1, 'from.id'],
  chosen_inline_result: [600, 2, 'from.id'],
  callback_query: [150, 3, 'from.id'],
  shipping_query: [150, 4, 'from.id'],
  pre_checkout_query: [150, 4, 'from.id'],
  poll: [DAY, 0, 'id'],
  poll_answer: [DAY, 0, 'poll_id'],
  my_chat_member: [DAY, 5, 'chat.id'],
  chat_member: [DAY, 6, 'old_chat_member.user.id'],
  chat_join_request: [DAY, 6, 'from.id'],
  chat_boost: [DAY, 7, 'chat.id'],
  removed_chat_boost: [DAY, 7, 'chat.id'],
  purchased_paid_media: [DAY, 12, 'from.id'],
  managed_bot: [DAY, 13, 'user.id'],
};

/** The kinds of update that Telegram sends, as they are named in an update. */
export const UPDATE_KINDS: readonly string[] = Object.keys(KINDS);

/** The kinds that Telegram gives up on within so many seconds. */
export function kindsWithLifetime(most: number): string[] {
  return UPDATE_KINDS.filter(kind => KINDS[kind]![0] <= most);
}

/** The update's kind; undefined where it is none of `UPDATE_KINDS`. */
export function kindOf(update: TelegramUpdate): string | undefined {
  return Object.keys(update).find(key => key in KINDS);
}

/** For how many milliseconds Telegram tries to deliver the update. */
export function lifetimeOf(update: TelegramUpdate): number {
  const kind = kindOf(update);
  return 1000 * (kind === undefined ? DAY : KINDS[kind]![0]);
}

/**
 * The sender-side queue of the update: of each, one update at a time is on its way. What has no queue of its
 * own waits for nothing.
 */
export function queueOf(update: TelegramUpdate): string {
  const kind = kindOf(update);
  if (kind !== undefined) {
    const [, family, path] = KINDS[kind]!;
    const id = path.split('.').reduce(field, update[kind]);
    if (id !== undefined) return `${family}:${String(id)}`;
  }
  return `alone:${update.update_id}`;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
