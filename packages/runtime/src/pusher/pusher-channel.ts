import { checkChannelName, ProtocolError } from '@newswire/protocol';

/** A channel of Pusher's protocol: 1 to 164 letters, digits and `_ - = @ , . ;`. */
export const MAX_PUSHER_CHANNEL_LENGTH = 164;
const PUSHER_NAME = /^[A-Za-z0-9_\-=@,.;]+$/;

/** Clients subscribe to the events of their user on this channel; its name has the user's id. */
const USER_CHANNEL = '#server-to-user-';

/**
 * The same channel in newswire. No channel of a Pusher client has such a name, because Pusher's names
 * have no `$` and no `/`.
 */
const USER_CHANNEL_IN_NEWSWIRE = '$server-to-user/';

/** User ids that are part of a channel's name as they are; others are encoded, after a `~`. */
const PLAIN_USER_ID = /^[A-Za-z0-9_\-=@,.;]{1,128}$/;
const ENCODED_MARK = '~';

/** What subscribing to a channel needs and gives, by its name. */
export type PusherChannelKind = 'public' | 'private' | 'presence' | 'user';

/** Throws error 107 unless clients of Pusher's protocol may name such a channel. */
export function checkPusherName(name: string): void {
  if (name.length > MAX_PUSHER_CHANNEL_LENGTH) {
    const detail = `a channel name has ${name.length} characters, ${MAX_PUSHER_CHANNEL_LENGTH} are allowed`;
    throw new ProtocolError('badRequest', detail);
  }
  if (PUSHER_NAME.test(name)) return;
  throw new ProtocolError('badRequest', 'a channel name has letters, digits and _-=@,.; only');
}

export function getPusherKind(name: string): PusherChannelKind {
  if (name.startsWith('presence-')) return 'presence';
  if (name.startsWith('private-')) return 'private';
  return name.startsWith(USER_CHANNEL) ? 'user' : 'public';
}

/** Whether a subscriber first receives the channel's last event. */
export function isCacheChannel(name: string): boolean {
  return /^((private|presence|private-encrypted)-)?cache-/.test(name);
}

/** The channel on which a user receives events, as Pusher's clients name it. */
export function toUserChannel(userId: string): string {
  return USER_CHANNEL + userId;
}

/**
 * The newswire channel of a Pusher channel, without its app's prefix. Throws error 107 for a name that
 * is none.
 */
export function toNewswireName(name: string): string {
  if (!name.startsWith(USER_CHANNEL)) {
    checkPusherName(name);
    return name;
  }
  const id = name.slice(USER_CHANNEL.length);
  const text = PLAIN_USER_ID.test(id) ? id : ENCODED_MARK + Buffer.from(id).toString('base64url');
  const channel = USER_CHANNEL_IN_NEWSWIRE + text;
  if (id === '') throw new ProtocolError('badRequest', 'a user id is empty');
  checkChannelName(channel);
  return channel;
}

/** The Pusher channel of a newswire channel without its app's prefix. */
export function fromNewswireName(channel: string): string {
  if (!channel.startsWith(USER_CHANNEL_IN_NEWSWIRE)) return channel;
  const text = channel.slice(USER_CHANNEL_IN_NEWSWIRE.length);
  if (!text.startsWith(ENCODED_MARK)) return USER_CHANNEL + text;
  return USER_CHANNEL + Buffer.from(text.slice(1), 'base64url').toString();
}

/**
 * Whether only clients that the app has authorized may read this newswire channel, named without its
 * app's prefix.
 */
export function isRestrictedName(channel: string): boolean {
  return (
    channel.startsWith('private-') ||
    channel.startsWith('presence-') ||
    channel.startsWith(USER_CHANNEL_IN_NEWSWIRE)
  );
}
