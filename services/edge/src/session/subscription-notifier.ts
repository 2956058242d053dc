import type { Position, ProtocolError, Publication, SubscriptionStart } from '@newswire/protocol';
import type { SubscribeGrant } from '../access/access.js';
import type { Expiry } from './expiry.js';
import type { Subscription } from '../channel/subscription.js';
import type { RingPublication } from '../channel/ring.js';
import { listedBytes, REPLY_BYTES, startBytes } from './message-size.js';
import type { Session } from './session.js';
import type { SessionSubscriptions } from './session-subscriptions.js';

/** Notifies clients when their subscriptions begin, break and expire. */
export class SubscriptionNotifier {
  readonly #subscriptions: SessionSubscriptions;
  readonly #expiry: Expiry;
  readonly #maxMessageBytes: number;

  constructor(subscriptions: SessionSubscriptions, expiry: Expiry, maxMessageBytes: number) {
    this.#subscriptions = subscriptions;
    this.#expiry = expiry;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** False if the publications were left out, because the reply has no room for them. */
  tellBegun(
    session: Session,
    subscription: Subscription,
    position: Position,
    recovered: boolean,
    publications: readonly RingPublication[],
  ): boolean {
    const { commandId: id = 0, grant, terms } = subscription;
    if (grant.expiresAtMs !== undefined) this.#watch(session, subscription, grant);
    const { opening, wire } = session;
    if (opening === undefined && !wire.hasPositions) return true;
    const isTold = publications.length === 0 || this.#hasRoom(session, subscription, publications);
    const start = this.#determineStart(
      subscription,
      position,
      recovered,
      isTold ? publications : [],
    );
    if (opening !== undefined) opening.handleBegun(start);
    else if (terms.isServerSide) session.reply({ type: 'serverSubscribed', ...start });
    else session.reply({ type: 'subscribed', id, ...start });
    return isTold;
  }

  /** Whether the reply with these publications is within the limit of a message. */
  #hasRoom(
    { opening, wire }: Session,
    { channel, terms, grant }: Subscription,
    publications: readonly RingPublication[],
  ): boolean {
    const bytes = listedBytes(publications, terms.hasDelta && wire.delta !== undefined);
    if (opening !== undefined) return opening.takeRoom(bytes);
    return REPLY_BYTES + startBytes(channel.name, grant.data) + bytes <= this.#maxMessageBytes;
  }

  tellRefused(
    session: Session,
    { commandId = 0, channel }: Subscription,
    error: ProtocolError,
  ): void {
    session.subscriptions.delete(channel.name);
    if (session.opening !== undefined) session.opening.handleRefused(error);
    else session.refuse(commandId, error);
  }

  tellBroken(session: Session, { channel, terms }: Subscription): void {
    // A client does not renew a subscription that the server made.
    if (!session.wire.hasPositions || terms.isServerSide) return session.close('insufficientState');
    session.subscriptions.delete(channel.name);
    const isTold = session.reply({ type: 'resubscribe', channel: channel.name });
    if (!isTold) session.close('insufficientState');
  }

  /** The client has refreshed its subscription. */
  handleRefreshed(session: Session, subscription: Subscription, grant: SubscribeGrant): void {
    const { expiresAtMs: _, ...before } = subscription.grant;
    subscription.refresh({ ...before, ...grant });
    this.#watch(session, subscription, grant);
  }

  #watch(session: Session, subscription: Subscription, grant: SubscribeGrant): void {
    this.#expiry.watch(subscription, grant, () => this.#expire(session, subscription));
  }

  /** A client that has not refreshed its subscription may subscribe again. */
  #expire(session: Session, { state, terms, channel }: Subscription): void {
    if (state.name === 'ended') return undefined;
    if (terms.isServerSide || !session.wire.hasPositions) {
      return session.close('subscriptionExpired');
    }
    this.#subscriptions.end(session, channel.name, 'expired');
  }

  #determineStart(
    { channel, since, session, terms, grant }: Subscription,
    position: Position,
    recovered: boolean,
    publications: readonly Publication[],
  ): SubscriptionStart {
    const positioned = terms.isOnlyPositioned ? 'positioned' : 'recoverable';
    return {
      channel: channel.name,
      position,
      positioning: terms.recovery ? positioned : 'none',
      wasRecovering: since.type === 'position',
      recovered,
      publications,
      hasDelta: terms.hasDelta && session.wire.delta !== undefined,
      data: grant.data,
      ttlS: this.#expiry.ttlS(grant),
    };
  }
}
