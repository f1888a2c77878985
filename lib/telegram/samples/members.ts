import type { Item, World } from './people.js';

/** Rights of an administrator; false stands for those that were not given. */
const RIGHTS = [
  'can_be_edited',
  'is_anonymous',
  'can_manage_chat',
  'can_delete_messages',
  'can_manage_video_chats',
  'can_restrict_members',
  'can_promote_members',
  'can_change_info',
  'can_invite_users',
  'can_post_stories',
  'can_edit_stories',
  'can_delete_stories',
];

const PERMISSIONS = [
  'is_member',
  'can_send_messages',
  'can_send_audios',
  'can_send_documents',
  'can_send_photos',
  'can_send_videos',
  'can_send_video_notes',
  'can_send_voice_notes',
  'can_send_polls',
  'can_send_other_messages',
  'can_add_web_page_previews',
  'can_react_to_messages',
  'can_edit_tag',
  'can_change_info',
  'can_invite_users',
  'can_pin_messages',
  'can_manage_topics',
];

/** A ChatMember in any of its six states. */
export function chatMember(world: World, user: Item): Item {
  const { random } = world;
  switch (random.pick(['creator', 'administrator', 'member', 'restricted', 'left', 'kicked'])) {
    case 'creator':
      return { status: 'creator', user, is_anonymous: false, custom_title: 'Хозяин' };
    case 'administrator':
      return { status: 'administrator', user, ...flags(world, RIGHTS), custom_title: 'Admin ⭐️' };
    case 'restricted':
      return { status: 'restricted', user, ...flags(world, PERMISSIONS), until_date: until(world) };
    case 'kicked':
      return { status: 'kicked', user, until_date: until(world) };
    case 'left':
      return { status: 'left', user };
    default:
      return { status: 'member', user };
  }
}

function flags({ random }: World, names: readonly string[]): Item {
  return Object.fromEntries(names.map(name => [name, random.chance(0.5)]));
}

/** 0 is for ever: PHP has false there. */
function until(world: World): number {
  return world.random.chance(0.5) ? 0 : world.now() + 3600;
}

export function inviteLink(world: World): Item {
  return {
    invite_link: `https://t.me/+${world.random.token(16)}`,
    creator: world.user(),
    creates_join_request: true,
    is_primary: false,
    is_revoked: false,
    pending_join_request_count: 2,
  };
}
