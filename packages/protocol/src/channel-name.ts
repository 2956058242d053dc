import { ProtocolError } from './errors.js';

/** Channel names: 1 to 255 of the ASCII letters, digits and `_ - . : @ / + = ~ $ & , ; #`. */
const MAX_CHANNEL_NAME_LENGTH = 255;
const CHANNEL_NAME = /^[A-Za-z0-9_\-.:@/+=~$&,;#]+$/;

/** Throws error 107 with a sentence that says what is wrong with the name. */
export function checkChannelName(name: string): void {
  if (name.length === 0) throw new ProtocolError('badRequest', 'a channel name is empty');
  if (name.length > MAX_CHANNEL_NAME_LENGTH) {
    throw new ProtocolError(
      'badRequest',
      `a channel name has ${name.length} characters, ${MAX_CHANNEL_NAME_LENGTH} are allowed`,
    );
  }
  if (!CHANNEL_NAME.test(name)) {
    throw new ProtocolError(
      'badRequest',
      `channel name ${quote(name)} has a character other than letters, digits and _-.:@/+=~$&,;#`,
    );
  }
}

/**
 * Whether the name is a wildcard like `sports:*`: all channels of a namespace. No channel has such
 * a name.
 */
export function isWildcard(name: string): boolean {
  return name.endsWith(':*');
}

/** The wildcard of the channel's namespace; undefined if it has no namespace. */
export function findWildcard(channel: string): string | undefined {
  const end = channel.indexOf(':');
  return end < 0 ? undefined : `${channel.slice(0, end)}:*`;
}

/**
 * Whether the name ends with the users that its clients are limited to: `personal:#42`, or
 * `dialog:#42,43`.
 */
export function isUserLimited(name: string): boolean {
  return name.includes('#');
}

/** Whether a user-limited channel is for this user. An anonymous client's user is empty. */
export function isLimitedTo(name: string, user: string): boolean {
  if (user === '') return false;
  return name
    .slice(name.lastIndexOf('#') + 1)
    .split(',')
    .includes(user);
}

/** Like `checkChannelName`, but also accepts a wildcard: `sports:*`, but not `*`. */
export function checkChannelOrWildcard(name: string): void {
  if (!isWildcard(name)) return checkChannelName(name);
  checkChannelName(name.slice(0, -2));
  if (name.indexOf(':') === name.length - 2) return;
  throw new ProtocolError('badRequest', `${quote(name)} is not a wildcard like sports:*`);
}

/** Quotes untrusted text for a reply: its first 32 characters, in printable ASCII. */
function quote(text: string): string {
  const start = text.length > 32 ? `${text.slice(0, 32)}...` : text;
  const escape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(start).replace(/[^\x20-\x7e]/g, escape);
}
