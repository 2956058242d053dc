import {
  checkChannelOrWildcard,
  FROM_NOW,
  type Position,
  ProtocolError,
  type Reply,
  type Report,
  type SubscribeRequest,
  type SubscriptionStart,
  type UnsubscribeKind,
} from '@newswire/protocol';
import type { Access, ClientIdentity, ProtocolAccess, SubscribeGrant } from '../access/access.js';
import type { CatchUp } from '../channel/catch-up.js';
import type { Hub } from '../channel/hub.js';
import type { Subscriber, SubscriberSubscriptions, Subscription } from '../channel/subscription.js';
import type { TermsResolver } from '../channel/subscription-terms.js';
import type { RingPublication } from '../channel/ring.js';
import type { ClientObserver } from './webhook-reports.js';
import type { Renewals } from './renewals.js';
import type { Expiry } from './timeouts.js';
import { areDecided, PendingGrants, requestGrants } from './pending-grants.js';
import { describeStart, listedBytes, PendingConnect, REPLY_BYTES, startBytes } from './replies.js';

/** The part of a session that its subscriptions need, besides what the hub needs of it. */
export interface SubscribingSession extends Subscriber, ClientIdentity {
  readonly isClosed: boolean;
  /** Undefined: that of the edge. */
  readonly access: ProtocolAccess | undefined;
  /** Returns false if the protocol has no such reply. */
  reply(reply: Reply): boolean;
  refuse(id: number, error: ProtocolError, channel?: string): void;
  closeWith(code: number, reason: string): void;
}

/** The parts of an edge that the subscriptions of all its sessions share. */
export interface SubscriptionServices {
  readonly hub: Pick<Hub, 'subscribe' | 'unsubscribe'>;
  readonly catchUp: Pick<CatchUp, 'serve'>;
  readonly access: Pick<Access, 'subscribe'>;
  readonly terms: TermsResolver;
  readonly observer: Pick<ClientObserver, 'handleCacheMissed'> | undefined;
  readonly expiry: Pick<Expiry, 'check'>;
  readonly renewals: Pick<Renewals, 'getSubscriptionTtlS' | 'watchSubscription'>;
  readonly limits: {
    readonly maxChannelsPerSession: number;
    /** The most UTF-8 bytes of a reply. */
    readonly maxMessageBytes: number;
  };
}

/** The subscriptions of one session: makes and ends them, for the client or for the server. */
export class SessionSubscriptions implements SubscriberSubscriptions {
  readonly #session: SubscribingSession;
  readonly #services: SubscriptionServices;
  readonly #byChannel = new Map<string, Subscription>();
  /** Made for the first request that access does not decide immediately. */
  #pending: PendingGrants | undefined;
  /** While the server's subscriptions begin, and the connect reply waits for them. */
  #connect: PendingConnect | undefined;

  constructor(session: SubscribingSession, services: SubscriptionServices) {
    this.#session = session;
    this.#services = services;
  }

  get size(): number {
    return this.#byChannel.size;
  }

  /** The number of channels that access has not decided about yet. */
  get pendingCount(): number {
    return this.#pending?.size ?? 0;
  }

  /** The client has not been notified of its subscriptions yet: until then it is served nothing. */
  get isHeld(): boolean {
    return this.#connect !== undefined;
  }

  get(channel: string): Subscription | undefined {
    return this.#byChannel.get(channel);
  }

  values(): Iterable<Subscription> {
    return this.#byChannel.values();
  }

  /** Called by the hub when it makes a subscription. */
  set(channel: string, subscription: Subscription): void {
    this.#byChannel.set(channel, subscription);
  }

  /**
   * Subscribes to all of the channels or to none: a refused command changes nothing. Unless a
   * promise is returned, this is done on return. Throws ProtocolError or what access throws, and
   * rejects as access does.
   */
  subscribe(id: number, requests: readonly SubscribeRequest[]): undefined | Promise<void> {
    const added = requests.filter(({ channel }) => !this.#has(channel));
    if (added.length < requests.length) {
      const error = this.#session.protocol.refusals.refuseRepeated();
      if (error !== undefined) throw error;
    }
    this.#checkCount(added.length);
    const grants = requestGrants(
      this.#session.access ?? this.#services.access,
      this.#session,
      added,
    );
    if (areDecided(grants)) return this.#addAll(id, added, grants);
    this.#pending ??= new PendingGrants();
    return this.#pending.wait(id, added, grants, (...granted) => {
      if (!this.#session.isClosed) this.#addAll(id, ...granted);
    });
  }

  /** A subscription that has not begun is refused, so that every command has its reply. */
  unsubscribe(channel: string): void {
    this.#dropPending(channel);
    const subscription = this.#byChannel.get(channel);
    if (subscription === undefined) return;
    this.#byChannel.delete(channel);
    const { state, commandId } = subscription;
    this.#services.hub.unsubscribe(subscription);
    if (state.name === 'waiting' && commandId !== undefined) {
      this.#session.refuse(commandId, endedEarly());
    }
  }

  /**
   * Makes the subscriptions that the server gives a client before the reply to its connect command.
   * Resolves when all have begun.
   */
  async open(
    id: number,
    subs: Readonly<Record<string, SubscribeGrant>>,
    positions: ReadonlyMap<string, Position>,
  ): Promise<readonly SubscriptionStart[]> {
    const entries = Object.entries(subs);
    for (const [channel] of entries) checkChannelOrWildcard(channel);
    let bytes = REPLY_BYTES + Buffer.byteLength(this.#session.credentials.data ?? '');
    for (const [channel, grant] of entries) bytes += startBytes(channel, grant.data);
    const connect = new PendingConnect(
      entries.length,
      this.#services.limits.maxMessageBytes - bytes,
    );
    this.#connect = connect;
    for (const [channel, grant] of entries) {
      this.#add(id, { channel, since: toSince(positions.get(channel)) }, grant, true);
    }
    return connect.starts;
  }

  /** The connect reply has been sent. */
  handleConnected(): void {
    if (!this.isHeld) return;
    this.#connect = undefined;
    this.serve();
  }

  /** Sends what the session has not received yet, as far as its socket accepts it. */
  serve(): void {
    this.#services.catchUp.serve(this.#session);
  }

  /** The server subscribes a connected session; false if it is on the channel already. */
  add(channel: string, grant: SubscribeGrant, since?: Position): boolean {
    if (this.#byChannel.has(channel)) return false;
    this.#dropPending(channel);
    this.#add(0, { channel, since: toSince(since) }, grant, true);
    return true;
  }

  /** The server ends a subscription, or a request for one; false if there is none. */
  end(channel: string, kind: UnsubscribeKind): boolean {
    if (!this.#has(channel)) return false;
    this.unsubscribe(channel);
    this.#report({ type: 'ended', channel, kind });
    return true;
  }

  /** Ends all subscriptions and requests, without a notification. */
  endAll(): void {
    this.#connect = undefined;
    this.#pending?.clear();
    for (const subscription of this.#byChannel.values()) {
      this.#services.hub.unsubscribe(subscription);
    }
    this.#byChannel.clear();
  }

  /** The client has refreshed its subscription. */
  refresh(subscription: Subscription, grant: SubscribeGrant): void {
    const { expiresAtMs: _, ...before } = subscription.grant;
    subscription.refresh({ ...before, ...grant });
    this.#watch(subscription);
  }

  /**
   * The subscription begins. Returns false if the publications were left out, because the reply has
   * no room for them.
   */
  handleSubscribed(
    subscription: Subscription,
    position: Position,
    recovered: boolean | undefined,
    publications: readonly RingPublication[],
  ): boolean {
    const { commandId: id = 0, grant, terms } = subscription;
    if (grant.expiresAtMs !== undefined) this.#watch(subscription);
    const hasRoom = publications.length === 0 || this.#takeRoom(subscription, publications);
    const listed = hasRoom ? publications : [];
    const ttlS = this.#services.renewals.getSubscriptionTtlS(subscription.channel.name, grant);
    const start = describeStart(subscription, position, recovered === true, listed, ttlS);
    if (this.#connect !== undefined) {
      this.#connect.handleBegun(start);
      return hasRoom;
    }
    const reply: Reply = terms.isServerSide
      ? { type: 'serverSubscribed', ...start }
      : { type: 'subscribed', id, ...start };
    const isReplied = this.#session.reply(reply);
    const isListed = isReplied && hasRoom;
    if (this.#session.protocol.followStart === undefined) return isListed;
    this.#followStart(subscription, start);
    return false;
  }

  /** Some protocols send the parts of the reply one by one. Publications follow them. */
  #followStart({ channel, since }: Subscription, start: SubscriptionStart): void {
    const end = channel.log.positionAt(channel.flushed.cursor);
    const hasPublications = since.type !== 'now' && end.offset > start.position.offset;
    const { protocol } = this.#session;
    for (const reply of protocol.followStart?.(start, hasPublications) ?? []) {
      if (reply.type === 'cacheMissed') this.#services.observer?.handleCacheMissed(channel.name);
      this.#session.reply(reply);
    }
  }

  /** The subscription could not begin. */
  handleRefused({ commandId = 0, channel }: Subscription, error: ProtocolError): void {
    this.#byChannel.delete(channel.name);
    if (this.#connect !== undefined) this.#connect.handleRefused(error);
    else this.#session.refuse(commandId, error, channel.name);
  }

  /** The subscription cannot continue. */
  handleBroken({ channel, terms }: Subscription): void {
    this.#byChannel.delete(channel.name);
    this.#report(this.#session.protocol.gaps.report(channel.name, terms.isServerSide));
  }

  /** Notifies the client, or closes the connection if that is the report, or if it has no frame. */
  #report(report: Report): void {
    if (report.type === 'close') this.#session.close(report.kind);
    else if (!this.#session.reply(report)) this.#session.close('insufficientState');
  }

  /** Whether the reply has room for these publications within the limit of a message. */
  #takeRoom(
    { channel, terms, grant }: Subscription,
    publications: readonly RingPublication[],
  ): boolean {
    const bytes = listedBytes(publications, terms.hasDelta);
    if (this.#connect !== undefined) return this.#connect.takeRoom(bytes);
    const { maxMessageBytes } = this.#services.limits;
    return REPLY_BYTES + startBytes(channel.name, grant.data) + bytes <= maxMessageBytes;
  }

  #watch(subscription: Subscription): void {
    this.#services.renewals.watchSubscription(this.#session, subscription, {
      onRenewed: (grant) => this.refresh(subscription, grant),
      onExpired: () => this.#expire(subscription),
    });
  }

  /** A client that has not refreshed its subscription may subscribe again. */
  #expire({ state, terms, channel }: Subscription): void {
    if (state.name === 'ended') return;
    const report = this.#session.protocol.gaps.reportExpiry(channel.name, terms.isServerSide);
    if (report.type !== 'close') this.unsubscribe(channel.name);
    this.#report(report);
  }

  #has(channel: string): boolean {
    return this.#byChannel.has(channel) || this.#pending?.has(channel) === true;
  }

  #checkCount(added: number): void {
    const { maxChannelsPerSession } = this.#services.limits;
    if (this.size + this.pendingCount + added <= maxChannelsPerSession) return;
    const detail = `a connection may have at most ${maxChannelsPerSession} channels`;
    throw new ProtocolError('limitExceeded', detail);
  }

  #addAll(
    id: number,
    requests: readonly SubscribeRequest[],
    grants: readonly SubscribeGrant[],
  ): undefined {
    for (const grant of grants) this.#services.expiry.check(grant);
    requests.forEach((request, i) => {
      const grant = grants[i];
      if (grant !== undefined) this.#add(id, request, grant);
    });
  }

  #add(id: number, request: SubscribeRequest, grant: SubscribeGrant, isServerSide = false): void {
    const terms = this.#services.terms.resolve(request, grant, isServerSide);
    const asked = terms.recovery ? request : { ...request, since: FROM_NOW, mustRecover: false };
    // Where a protocol has no replies, its commands have the id 0.
    const commandId = id === 0 ? undefined : id;
    this.#services.hub.subscribe(this.#session, asked, commandId, terms, grant);
  }

  #dropPending(channel: string): void {
    const id = this.#pending?.drop(channel);
    if (id !== undefined && id !== 0) this.#session.refuse(id, endedEarly());
  }
}

function toSince(position: Position | undefined): SubscribeRequest['since'] {
  return position === undefined ? FROM_NOW : { type: 'position', position };
}

/** Temporary: a client that has subscribed again since may take this for the reply to that. */
function endedEarly(): ProtocolError {
  return new ProtocolError('internal', 'the subscription ended before it began');
}
