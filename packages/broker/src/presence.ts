import type { ClientInfo, JsonLine } from '@newswire/protocol';

/** One client that is present on a channel, as other clients see it. */
export type Member = ClientInfo;

export interface PresenceStats {
  readonly clients: number;
  readonly users: number;
}

/** Receives the joins and leaves of a watched channel, from every edge, at most once. */
export interface PresenceHandler {
  handleJoin(channel: string, member: Member): void;
  handleLeave(channel: string, member: Member): void;
}

/**
 * The members of each channel, on all edges together. An edge keeps its members by leases, one for
 * each channel and edge, regardless of the number of members. If an edge dies, its members leave
 * when the lease ends. Watchers are notified of each leave once, by the first edge that notices.
 */
export interface Presence {
  /**
   * The member is present on the channel from now on, until `leave` or the end of this edge's
   * lease. It is announced only if it was not present: joining again changes its data. `join`,
   * `leave` and `watch` never reject: a change that cannot be written now is remembered and written
   * when the store is back.
   */
  join(channel: string, member: Member, isAnnounced: boolean): Promise<void>;
  leave(channel: string, client: string, isAnnounced: boolean): Promise<void>;
  /** All members, by client. Rejects with a temporary ProtocolError while they cannot be read. */
  members(channel: string): Promise<ReadonlyMap<string, Member>>;
  /**
   * A user counts once, regardless of its number of clients. All clients without a user count as
   * one user.
   */
  stats(channel: string): Promise<PresenceStats>;
  /**
   * From now on the handler receives joins and leaves; undefined ends this. One handler per
   * channel.
   */
  watch(channel: string, handler: PresenceHandler | undefined): Promise<void>;
  /**
   * Removes this edge's members. Those that were announced when they joined are announced as
   * leaving.
   */
  close(): Promise<void>;
}

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
