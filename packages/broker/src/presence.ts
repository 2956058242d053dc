import type { ClientInfo } from '@newswire/protocol';

/** One client that is on a channel, as others are told of it. */
export type Member = ClientInfo;

export interface PresenceStats {
  readonly clients: number;
  readonly users: number;
}

/** Who comes and goes, on every edge, as told to those who watch a channel. At most once. */
export interface PresenceHandler {
  handleJoin(channel: string, member: Member): void;
  handleLeave(channel: string, member: Member): void;
}

/**
 * Who is on which channel, on all edges together. An edge vouches for its members by leases, one a
 * channel and edge however many they are: where it dies, its members leave when the lease ends, and
 * watchers are told of each once, by whichever edge faultLog.
 */
export interface Presence {
  /**
   * The member is on the channel from now on, until `leave` or the end of this edge's lease. Announced
   * only if it was not there: joining again changes what is known of it. Never rejects, as `leave`
   * and `watch` do not: what cannot be told now is remembered, and told when the store is back.
   */
  join(channel: string, member: Member, isAnnounced: boolean): Promise<void>;
  leave(channel: string, client: string, isAnnounced: boolean): Promise<void>;
  /** Everyone there, by client. Rejects with a temporary ProtocolError while it cannot be known. */
  members(channel: string): Promise<ReadonlyMap<string, Member>>;
  /** A user counts once, however many clients; clients without one are one user together. */
  stats(channel: string): Promise<PresenceStats>;
  /** From now on the handler hears who comes and goes; undefined: no longer. One handler a channel. */
  watch(channel: string, handler: PresenceHandler | undefined): Promise<void>;
  /** Takes this edge's members out, announced or not as they came. */
  close(): Promise<void>;
}
