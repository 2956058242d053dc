import type { Presence } from '@newswire/broker';
import type { ClientInfo, Codec, Frame, Reply } from '@newswire/protocol';
import type { ClientIdentity, SubscribeGrant } from '../access/access.js';
import type { Subscription } from '../channel/subscription.js';

export interface ChannelMembersOptions {
  /** Undefined: joins and leaves are neither reported nor received. */
  readonly presence: Presence | undefined;
  /** Repeats `act` until it succeeds or is no longer wanted. */
  readonly retry: (act: () => Promise<void>, isStillWanted: () => boolean) => Promise<boolean>;
  /** A session with more unsent bytes than this misses joins and leaves. */
  readonly maxBufferedBytes: number;
  /** Presence could not be notified of a join or leave. This has no other effect. */
  readonly onFailure: (error: unknown) => void;
  /** Runs a function once the current turn of the event loop is over. */
  readonly defer?: (flush: () => void) => void;
}

type MembershipChange = Extract<Reply, { readonly type: 'join' | 'leave' }>;

/**
 * Reports the members of this edge's channels to presence, and notifies this edge's sessions of
 * joins and leaves.
 */
export class ChannelMembers {
  readonly #options: ChannelMembersOptions;
  readonly #presence: Presence | undefined;
  readonly #receivers = new Map<string, Set<Subscription>>();
  #changes: MembershipChange[] = [];

  constructor(options: ChannelMembersOptions) {
    this.#options = options;
    this.#presence = options.presence;
  }

  handleBegun(subscription: Subscription): void {
    const { terms, channel } = subscription;
    if (this.#presence === undefined) return;
    if (terms.receivesMembers) this.#watch(this.#presence, subscription);
    if (!terms.isMember) return;
    this.#presence
      .join(channel.name, toClientInfo(subscription.session, subscription.grant), terms.isAnnounced)
      .catch(this.#options.onFailure);
  }

  handleEnded(subscription: Subscription): void {
    const { terms, channel, session } = subscription;
    if (this.#presence === undefined) return;
    if (terms.receivesMembers) this.#leave(this.#presence, subscription);
    if (!terms.isMember) return;
    this.#presence
      .leave(channel.name, session.client, terms.isAnnounced)
      .catch(this.#options.onFailure);
  }

  #watch(presence: Presence, subscription: Subscription): void {
    const { name } = subscription.channel;
    const receivers = this.#receivers.get(name);
    if (receivers !== undefined) return void receivers.add(subscription);
    const first = new Set([subscription]);
    this.#receivers.set(name, first);
    const handler = {
      handleJoin: (channel: string, member: ClientInfo) =>
        this.#add({ type: 'join', channel, member }),
      handleLeave: (channel: string, member: ClientInfo) =>
        this.#add({ type: 'leave', channel, member }),
    };
    void this.#options.retry(
      () => presence.watch(name, handler),
      () => this.#receivers.get(name) === first,
    );
  }

  #leave(presence: Presence, subscription: Subscription): void {
    const { name } = subscription.channel;
    const receivers = this.#receivers.get(name);
    receivers?.delete(subscription);
    if (receivers?.size !== 0) return;
    this.#receivers.delete(name);
    presence.watch(name, undefined).catch(this.#options.onFailure);
  }

  /** Never sent immediately: many sends inside a socket handler go out uncorked. */
  #add(change: MembershipChange): void {
    this.#changes.push(change);
    if (this.#changes.length > 1) return;
    const { defer = setImmediate } = this.#options;
    defer(() => this.#flush());
  }

  #flush(): void {
    const changes = this.#changes;
    this.#changes = [];
    for (const each of changes) this.#notify(each);
  }

  #notify(change: MembershipChange): void {
    const frames = new Map<Codec, Frame | undefined>();
    for (const { session } of this.#receivers.get(change.channel) ?? []) {
      const { connection, protocol } = session;
      const { codec } = protocol;
      if (!frames.has(codec)) frames.set(codec, codec.encodeReply(change));
      const frame = frames.get(codec);
      const isSlow = connection.bufferedBytes() > this.#options.maxBufferedBytes;
      if (frame !== undefined && !isSlow) connection.send(frame);
    }
  }
}

/** A client, as others on the channel for which it has this grant see it. */
export function toClientInfo(
  { client, credentials }: Pick<ClientIdentity, 'client' | 'credentials'>,
  { info: chanInfo }: SubscribeGrant,
): ClientInfo {
  const { user, info: connInfo } = credentials;
  // A case of its own: most clients have no info, and spreading empty objects costs more than the
  // rest of this function.
  if (connInfo === undefined && chanInfo === undefined) return { client, user };
  return {
    client,
    user,
    ...(connInfo === undefined ? {} : { connInfo }),
    ...(chanInfo === undefined ? {} : { chanInfo }),
  };
}
