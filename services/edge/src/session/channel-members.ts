import type { Presence } from '@newswire/broker';
import type { ClientInfo, Reply, Wire } from '@newswire/protocol';
import type { Subscription } from '../channel/live-channel.js';

export interface ChannelMembersOptions {
  /** Without it nobody is told of, or hears of anybody. */
  readonly presence: Presence | undefined;
  /** Calls `act` again and again until it succeeds or is not wanted any more. */
  readonly persist: (act: () => Promise<void>, isStillWanted: () => boolean) => Promise<boolean>;
  /** A session with more unsent bytes than this misses joins and leaves. */
  readonly maxBufferedBytes: number;
  /** Presence could not be told that somebody came or went; nothing else comes of it. */
  readonly onFailure: (error: unknown) => void;
  /** Runs a function once the current turn of the event loop is over. */
  readonly defer?: (flush: () => void) => void;
}

type News = Extract<Reply, { readonly type: 'join' | 'leave' }>;

/** Tells presence who is on this edge's channels, and this edge's sessions who comes and goes. */
export class ChannelMembers {
  readonly #options: ChannelMembersOptions;
  readonly #presence: Presence | undefined;
  readonly #hearers = new Map<string, Set<Subscription>>();
  #news: News[] = [];

  constructor(options: ChannelMembersOptions) {
    this.#options = options;
    this.#presence = options.presence;
  }

  handleBegun(subscription: Subscription): void {
    const { terms, channel } = subscription;
    if (this.#presence === undefined) return;
    if (terms.receivesMembers) this.#listen(this.#presence, subscription);
    if (!terms.isMember) return;
    this.#presence
      .join(channel.name, infoOf(subscription), terms.isAnnounced)
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

  #listen(presence: Presence, subscription: Subscription): void {
    const { name } = subscription.channel;
    const hearers = this.#hearers.get(name);
    if (hearers !== undefined) return void hearers.add(subscription);
    const first = new Set([subscription]);
    this.#hearers.set(name, first);
    const handler = {
      handleJoin: (channel: string, member: ClientInfo) =>
        this.#add({ type: 'join', channel, member }),
      handleLeave: (channel: string, member: ClientInfo) =>
        this.#add({ type: 'leave', channel, member }),
    };
    void this.#options.persist(
      () => presence.watch(name, handler),
      () => this.#hearers.get(name) === first,
    );
  }

  #leave(presence: Presence, subscription: Subscription): void {
    const { name } = subscription.channel;
    const hearers = this.#hearers.get(name);
    hearers?.delete(subscription);
    if (hearers?.size !== 0) return;
    this.#hearers.delete(name);
    presence.watch(name, undefined).catch(this.#options.onFailure);
  }

  /** Never sent at once: many sends inside of a socket's handler go out uncorked. */
  #add(news: News): void {
    this.#news.push(news);
    if (this.#news.length > 1) return;
    const { defer = setImmediate } = this.#options;
    defer(() => this.#flush());
  }

  #flush(): void {
    const news = this.#news;
    this.#news = [];
    for (const each of news) this.#tell(each);
  }

  #tell(news: News): void {
    const frames = new Map<Wire, string | undefined>();
    for (const { session } of this.#hearers.get(news.channel) ?? []) {
      const { wire, connection } = session;
      if (!frames.has(wire)) frames.set(wire, wire.encodeReply(news));
      const frame = frames.get(wire);
      const isSlow = connection.bufferedBytes() > this.#options.maxBufferedBytes;
      if (frame !== undefined && !isSlow) connection.send(frame);
    }
  }
}

/** Who a subscription's client is, as others on the channel see it. */
export function infoOf({ session, grant }: Pick<Subscription, 'session' | 'grant'>): ClientInfo {
  const { client, credentials } = session;
  const { user, info: connInfo } = credentials;
  const { info: chanInfo } = grant;
  // Apart: nothing more is known of most, and spreading nothing costs more than all else here.
  if (connInfo === undefined && chanInfo === undefined) return { client, user };
  return {
    client,
    user,
    ...(connInfo === undefined ? {} : { connInfo }),
    ...(chanInfo === undefined ? {} : { chanInfo }),
  };
}
