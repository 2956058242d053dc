import type { ClientInfo, MembersNotice, MembersStrategy, MembersView } from '@newswire/protocol';
import { getPusherKind, type PusherApp } from '@newswire/runtime';
import { toPusherUser } from './user.js';

type Change = MembersNotice & { readonly type: 'join' | 'leave' };

const NONE: readonly MembersNotice[] = [];

/** Presence channels report users, other channels at most the number of subscriptions. */
export function pusherMembers(app: PusherApp): MembersStrategy {
  return {
    follow: (channel) =>
      getPusherKind(app.toName(channel)) === 'presence'
        ? new UsersView(channel)
        : new CountView(channel, app.options.subscriptionCount),
  };
}

/**
 * The users of a presence channel. A user joins with the first of their connections and leaves with the
 * last, on all edges together. A client is not notified of its own user.
 */
export class UsersView implements MembersView {
  readonly #channel: string;
  readonly #members = new Map<string, ClientInfo>();
  /** The number of connections of each user. */
  readonly #users = new Map<string, number>();
  /** The users of this edge's subscribers, by client. */
  readonly #own = new Map<string, string>();
  /** The last change of each client before the members were read: the read may be older. */
  #changed: Map<string, 'join' | 'leave'> | undefined = new Map();

  constructor(channel: string) {
    this.#channel = channel;
  }

  handleRead(members: ReadonlyMap<string, ClientInfo>): readonly MembersNotice[] {
    const changed = this.#changed;
    this.#changed = undefined;
    const notices: MembersNotice[] = [];
    for (const [client, member] of members) {
      if (changed?.get(client) !== 'leave') notices.push(...this.#join(member));
    }
    for (const [client, member] of this.#members) {
      const isGone = !members.has(client) && changed?.has(client) !== true;
      if (isGone) notices.push(...this.#leave(member));
    }
    return notices;
  }

  handleChange({ type, member }: Change): readonly MembersNotice[] {
    this.#changed?.set(member.client, type);
    return type === 'join' ? this.#join(member) : this.#leave(member);
  }

  /** The subscriber itself joins when presence announces it, so that the others are notified. */
  handleSubscriber(
    subscriber: ClientInfo,
    listed: ReadonlyMap<string, ClientInfo>,
  ): readonly MembersNotice[] {
    const isFirst = this.#own.size === 0 && this.#members.size === 0;
    const { id } = toPusherUser(subscriber);
    this.#own.set(subscriber.client, id);
    this.#changed?.set(subscriber.client, 'join');
    if (!isFirst) return this.#compare(listed, id);
    for (const member of listed.values()) this.#join(member);
    return NONE;
  }

  takeDelayed(): readonly MembersNotice[] {
    return NONE;
  }

  concerns(notice: MembersNotice, client: string): boolean {
    if (notice.type === 'subscriptionCount') return true;
    return this.#own.get(client) !== toPusherUser(notice.member).id;
  }

  /** What a client does not know that was given a list. */
  #compare(listed: ReadonlyMap<string, ClientInfo>, ownId: string): readonly MembersNotice[] {
    const known = new Map([...listed.values()].map((each) => [toPusherUser(each).id, each]));
    const notices: MembersNotice[] = [];
    for (const member of this.#members.values()) {
      const { id } = toPusherUser(member);
      if (known.has(id)) continue;
      known.set(id, member);
      notices.push({ type: 'join', channel: this.#channel, member });
    }
    for (const [id, member] of known) {
      if (id !== ownId && !this.#users.has(id))
        notices.push({ type: 'leave', channel: this.#channel, member });
    }
    return notices;
  }

  #join(member: ClientInfo): readonly MembersNotice[] {
    const isKnown = this.#members.has(member.client);
    this.#members.set(member.client, member);
    if (isKnown) return NONE;
    const { id } = toPusherUser(member);
    const count = (this.#users.get(id) ?? 0) + 1;
    this.#users.set(id, count);
    return count > 1 ? NONE : [{ type: 'join', channel: this.#channel, member }];
  }

  #leave({ client }: ClientInfo): readonly MembersNotice[] {
    const member = this.#members.get(client);
    if (member === undefined) return NONE;
    this.#members.delete(client);
    this.#own.delete(client);
    const { id } = toPusherUser(member);
    const count = (this.#users.get(id) ?? 1) - 1;
    if (count > 0) {
      this.#users.set(id, count);
      return NONE;
    }
    this.#users.delete(id);
    return [{ type: 'leave', channel: this.#channel, member }];
  }
}

/** The number of a channel's subscriptions, which clients receive at most four times a second. */
export class CountView implements MembersView {
  readonly #channel: string;
  readonly #isReported: boolean;
  readonly #clients = new Set<string>();
  /** Clients that changed before the members were read: the read may be older. */
  #changed: Set<string> | undefined = new Set();
  #hasChanged = false;

  constructor(channel: string, isReported: boolean) {
    this.#channel = channel;
    this.#isReported = isReported;
  }

  handleRead(members: ReadonlyMap<string, ClientInfo>): readonly MembersNotice[] {
    const changed = this.#changed;
    this.#changed = undefined;
    for (const client of members.keys())
      if (changed?.has(client) !== true) this.#clients.add(client);
    for (const client of this.#clients) {
      if (!members.has(client) && changed?.has(client) !== true) this.#clients.delete(client);
    }
    return this.#note();
  }

  handleChange({ type, member }: Change): readonly MembersNotice[] {
    this.#changed?.add(member.client);
    if (type === 'join') this.#clients.add(member.client);
    else this.#clients.delete(member.client);
    return this.#note();
  }

  handleSubscriber({ client }: ClientInfo): readonly MembersNotice[] {
    this.#changed?.add(client);
    this.#clients.add(client);
    return this.#note();
  }

  takeDelayed(): readonly MembersNotice[] {
    if (!this.#hasChanged || !this.#isReported) return NONE;
    this.#hasChanged = false;
    return [{ type: 'subscriptionCount', channel: this.#channel, count: this.#clients.size }];
  }

  concerns(): boolean {
    return true;
  }

  #note(): readonly MembersNotice[] {
    this.#hasChanged = true;
    return NONE;
  }
}
