import type { Presence } from '@newswire/broker';
import type {
  ClientInfo,
  Codec,
  Frame,
  MembersNotice,
  MembersView,
  Protocol,
  Reply,
} from '@newswire/protocol';
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

/** Joins and leaves may be lost, so views are compared with presence every 30 s. */
const COMPARE_SWEEPS = 120;

type MembershipChange = Extract<Reply, { readonly type: 'join' | 'leave' }>;

/** The subscriptions to one channel that receive its members. */
interface Receivers {
  readonly subscriptions: Set<Subscription>;
  /** For the protocols that do not report each client. */
  readonly views: Map<Protocol, MembersView>;
  /** Resolves when changes are received. */
  watched: Promise<boolean>;
  /** Number of changes received and subscribers added. */
  changes: number;
  /** Number of sweeps until the views are compared with presence. */
  sweepsToCompare: number;
}

/**
 * Reports the members of this edge's channels to presence, and notifies this edge's sessions of
 * joins and leaves.
 */
export class ChannelMembers {
  readonly #options: ChannelMembersOptions;
  readonly #presence: Presence | undefined;
  readonly #receivers = new Map<string, Receivers>();
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

  /** Sends what is sent only a few times a second, and corrects views. Called every 250 ms. */
  sweep(): void {
    for (const [name, receivers] of this.#receivers) {
      const { subscriptions, views } = receivers;
      for (const [protocol, view] of views) {
        for (const notice of view.takeDelayed()) this.#send(notice, protocol, subscriptions, view);
      }
      if (views.size === 0 || --receivers.sweepsToCompare > 0) continue;
      receivers.sweepsToCompare = COMPARE_SWEEPS;
      this.#compare(name, receivers).catch(this.#options.onFailure);
    }
  }

  /** Members that were read before a change arrived could undo it: they are not used. */
  async #compare(name: string, receivers: Receivers): Promise<void> {
    const { changes, subscriptions, views } = receivers;
    const members = await this.#presence?.members(name);
    if (members === undefined || receivers.changes !== changes) return;
    for (const [protocol, view] of views) {
      for (const notice of view.handleRead(members)) {
        this.#send(notice, protocol, subscriptions, view);
      }
    }
  }

  #watch(presence: Presence, subscription: Subscription): void {
    const { name } = subscription.channel;
    const receivers = this.#receivers.get(name) ?? this.#startWatch(presence, name);
    receivers.subscriptions.add(subscription);
    receivers.changes++;
    const { protocol } = subscription.session;
    const known = receivers.views.get(protocol);
    const view = known ?? protocol.members?.follow(name);
    if (view === undefined) return;
    this.#welcome(view, subscription);
    if (known !== undefined) return;
    receivers.views.set(protocol, view);
    // What changed after the subscriber's list was read and before the watch began was not reported.
    const read = async () => {
      await receivers.watched;
      const notices = view.handleRead(await presence.members(name));
      for (const notice of notices) this.#send(notice, protocol, receivers.subscriptions, view);
    };
    void this.#options.retry(read, () => this.#receivers.get(name) === receivers);
  }

  #startWatch(presence: Presence, name: string): Receivers {
    const handler = {
      handleJoin: (channel: string, member: ClientInfo) =>
        this.#add({ type: 'join', channel, member }),
      handleLeave: (channel: string, member: ClientInfo) =>
        this.#add({ type: 'leave', channel, member }),
    };
    const watched = Promise.resolve(true);
    const receivers: Receivers = {
      subscriptions: new Set(),
      views: new Map(),
      watched,
      changes: 0,
      sweepsToCompare: COMPARE_SWEEPS,
    };
    this.#receivers.set(name, receivers);
    receivers.watched = this.#options.retry(
      () => presence.watch(name, handler),
      () => this.#receivers.get(name) === receivers,
    );
    return receivers;
  }

  /** Notifies a new subscriber of what has changed since its list was read. */
  #welcome(view: MembersView, { session, grant }: Subscription): void {
    const own = toClientInfo(session, grant);
    for (const notice of view.handleSubscriber(own, grant.members ?? new Map())) {
      session.connection.send(...frameOf(session.protocol.codec, notice));
    }
  }

  #leave(presence: Presence, subscription: Subscription): void {
    const { name } = subscription.channel;
    const receivers = this.#receivers.get(name);
    receivers?.subscriptions.delete(subscription);
    if (receivers?.subscriptions.size !== 0) return;
    this.#receivers.delete(name);
    presence.watch(name, undefined).catch(this.#options.onFailure);
  }

  /** Never sent immediately: many sends inside a socket handler go out uncorked. */
  #add(change: MembershipChange): void {
    this.#changes.push(change);
    const receivers = this.#receivers.get(change.channel);
    if (receivers !== undefined) receivers.changes++;
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
    const receivers = this.#receivers.get(change.channel);
    if (receivers === undefined) return;
    const { subscriptions, views } = receivers;
    for (const [protocol, view] of views) {
      for (const notice of view.handleChange(change)) {
        this.#send(notice, protocol, subscriptions, view);
      }
    }
    const frames = new Map<Codec, readonly Frame[]>();
    for (const { session } of subscriptions) {
      const { codec, members } = session.protocol;
      if (members !== undefined) continue;
      if (!frames.has(codec)) frames.set(codec, frameOf(codec, change));
      this.#deliver(session.connection, frames.get(codec) ?? []);
    }
  }

  /** Sends a notice to the subscribers of one protocol that it concerns. */
  #send(
    notice: MembersNotice,
    protocol: Protocol,
    subscriptions: ReadonlySet<Subscription>,
    view: MembersView,
  ): void {
    const frames = frameOf(protocol.codec, notice);
    for (const { session } of subscriptions) {
      if (session.protocol !== protocol || !view.concerns(notice, session.client)) continue;
      this.#deliver(session.connection, frames);
    }
  }

  #deliver(connection: Subscription['session']['connection'], frames: readonly Frame[]): void {
    const isSlow = connection.bufferedBytes() > this.#options.maxBufferedBytes;
    if (frames.length > 0 && !isSlow) connection.send(...frames);
  }
}

/** The frame of a notice; none if the protocol has none for it. */
function frameOf(codec: Codec, notice: MembersNotice): readonly Frame[] {
  const frame = codec.encodeReply(notice);
  return frame === undefined || frame.length === 0 ? [] : [frame];
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
