import type { JsonLine } from '@newswire/protocol';
import type { Member, PresenceHandler } from './presence.js';

/** `+`: joins, or watchers are notified; `-`: leaves, or watchers are not notified. */
export type Sign = '+' | '-';

export function encodeSign(isAnnounced: boolean): Sign {
  return isAnnounced ? '+' : '-';
}

export function toMemberText({ client, user, connInfo, chanInfo }: Member): JsonLine {
  return JSON.stringify({ client, user, connInfo, chanInfo });
}

export function fromMemberText(text: JsonLine): Member {
  return JSON.parse(text) as Member;
}

/** Notifies the handler of one change: a sign and a member. */
export function notifyChange(handler: PresenceHandler, channel: string, change: string): void {
  const member = fromMemberText(change.slice(1));
  if (change.startsWith('+')) handler.handleJoin(channel, member);
  else handler.handleLeave(channel, member);
}
