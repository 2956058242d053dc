import type {
  CloseKind,
  Codec,
  Position,
  Protocol,
  ProtocolError,
  Since,
} from '@newswire/protocol';
import type { Connection } from '@newswire/transport';
import type { Credentials, SubscribeGrant } from '../access/access.js';
import type { ChannelLog } from './channel-log.js';
import type { RingPublication } from './ring.js';
import type { SubscriptionTerms } from './subscription-terms.js';
import type { ChannelFilter } from './tags-filters.js';

/*
 * The states of a subscription, and the methods that change them:
 *
 *     awaitOlder, lookUp         advance, skipToFlushed
 *           ┌───┐                       ┌───┐
 *           │   ▼                       │   ▼        goLive
 *   ──────▶ waiting ──── begin ──────▶ lagging ◀──────────────▶ live
 *              │                          │           lag        │
 *              └───────────▶ end ◀────────┴──────────────────────┘
 *                             ▼
 *                           ended
 *
 *   waiting   Where it begins is not known yet. The starter decides, once the channel is ready.
 *   lagging   Catch-up sends it publications from `cursor` on, from the ring or the broker's log.
 *   live      Its session is on the channel's topic, and has received everything before `flushed`.
 *   ended     By either side. It never begins again.
 *
 * `begin`, `lag`, `goLive` and `end` are called by the channel, which keeps its subscriptions by
 * state. A transition that is not in this picture throws.
 */
export type SubscriptionState =
  | {
      readonly name: 'waiting';
      /** The cursor at which it will begin, once older publications have been read. */
      readonly requestedCursor: number | undefined;
      /** A read of the log was requested, because this edge has not reached the position. */
      readonly isLookedUp: boolean;
    }
  | {
      readonly name: 'lagging';
      /** The next publication to send. */
      readonly cursor: number;
      /** How many of the channel's flushed bytes it has received. The lag is the rest. */
      readonly servedBytes: number;
    }
  | { readonly name: 'live' }
  | { readonly name: 'ended' };

type StateName = SubscriptionState['name'];

type StateOf<Name extends StateName> = Extract<SubscriptionState, { readonly name: Name }>;

/** A subscription was to change in a way that its state does not allow: a defect of this edge. */
export class TransitionError extends Error {
  constructor(transition: string, state: string) {
    super(`subscription cannot ${transition}: it is ${state}`);
  }
}

// Nearly all subscriptions are live: they share one object.
const LIVE: StateOf<'live'> = { name: 'live' };
const ENDED: StateOf<'ended'> = { name: 'ended' };
const WAITING: StateOf<'waiting'> = {
  name: 'waiting',
  requestedCursor: undefined,
  isLookedUp: false,
};

export interface SubscriptionParts {
  readonly session: Subscriber;
  readonly channel: SubscribedChannel;
  readonly since: Since;
  readonly commandId: number | undefined;
  readonly mustRecover: boolean;
  readonly terms: SubscriptionTerms;
  readonly filter: ChannelFilter | undefined;
  readonly grant: SubscribeGrant;
  readonly createdMs: number;
}

/** The subscription of one session to one channel. */
export class Subscription {
  readonly session: Subscriber;
  readonly channel: SubscribedChannel;
  readonly since: Since;
  /** The id of the command to reply to; undefined if there is none. */
  readonly commandId: number | undefined;
  readonly mustRecover: boolean;
  readonly terms: SubscriptionTerms;
  /** Only publications that match are sent. The others count as received. */
  readonly filter: ChannelFilter | undefined;
  readonly createdMs: number;
  #grant: SubscribeGrant;
  #codec: Codec;
  #state: SubscriptionState = WAITING;
  /** The epoch that the client was given when it began; '' before. */
  #epoch = '';

  constructor(parts: SubscriptionParts) {
    this.session = parts.session;
    this.channel = parts.channel;
    this.since = parts.since;
    this.commandId = parts.commandId;
    this.mustRecover = parts.mustRecover;
    this.terms = parts.terms;
    this.filter = parts.filter;
    this.createdMs = parts.createdMs;
    this.#grant = parts.grant;
    this.#codec = this.#firstCodec;
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  /** Whether it is live or lagging: its client receives every later publication. */
  get hasBegun(): boolean {
    return this.#state.name === 'live' || this.#state.name === 'lagging';
  }

  get grant(): SubscribeGrant {
    return this.#grant;
  }

  /** Encodes its next publications: the codec of its protocol, or one of its codecs of deltas. */
  get codec(): Codec {
    return this.#codec;
  }

  /** Whether its client can continue in the generation of this epoch. */
  canContinueIn(epoch: string): boolean {
    return !this.terms.recovery || this.session.protocol.gaps.canContinue(this.#epoch, epoch);
  }

  /** Bytes of data that were flushed since it began to lag, and have not been sent to it. */
  get lagBytes(): number {
    const { servedBytes } = this.#require('lagging', 'measure its lag');
    return Math.max(0, this.channel.flushed.bytes - servedBytes);
  }

  /** The client has renewed its grant. */
  refresh(grant: SubscribeGrant): void {
    this.#grant = grant;
  }

  /** Waiting: it begins at this cursor, once the log has been read from there. */
  awaitOlder(requestedCursor: number): void {
    this.#state = { ...this.#require('waiting', 'await older publications'), requestedCursor };
  }

  /** Waiting: the log is read once, because this edge has not reached its position. */
  lookUp(): void {
    this.#state = { ...this.#require('waiting', 'look up its position'), isLookedUp: true };
  }

  /** Waiting → lagging: the client was given this epoch, and everything before the cursor. */
  begin(epoch: string, cursor: number): void {
    this.#require('waiting', 'begin');
    this.#epoch = epoch;
    this.#state = { name: 'lagging', cursor, servedBytes: this.channel.flushed.bytes };
  }

  /** Live → lagging: catch-up serves its session, from the next flush on. */
  lag(): void {
    this.#require('live', 'lag');
    const { cursor, bytes } = this.channel.flushed;
    this.#state = { name: 'lagging', cursor, servedBytes: bytes };
  }

  /** Lagging: these publications, the next ones, are sent now. */
  advance(publications: readonly RingPublication[]): void {
    const { cursor, servedBytes } = this.#require('lagging', 'advance');
    let bytes = servedBytes;
    for (const each of publications) bytes += each.bytes;
    this.#state = {
      name: 'lagging',
      cursor: cursor + publications.length,
      servedBytes: Math.min(bytes, this.channel.flushed.bytes),
    };
    this.passFirst();
  }

  /** Lagging: continues where the channel was flushed, although earlier publications were missed. */
  skipToFlushed(): void {
    const { servedBytes } = this.#require('lagging', 'skip');
    const { cursor, epoch } = this.channel.flushed;
    this.#epoch = epoch;
    this.#state = { name: 'lagging', cursor, servedBytes };
    this.beginWhole();
  }

  /** Lagging → live: everything that was flushed has been sent to it. */
  goLive(): void {
    const { cursor } = this.#require('lagging', 'go live');
    const { flushed } = this.channel;
    if (cursor !== flushed.cursor) {
      throw new TransitionError('go live', `at ${cursor}, and ${flushed.cursor} is flushed`);
    }
    this.#state = LIVE;
  }

  end(): void {
    if (this.#state.name === 'ended') throw new TransitionError('end', 'ended');
    this.#state = ENDED;
  }

  /** The client lacks the publication before the next one, which is therefore sent whole. */
  beginWhole(): void {
    this.#codec = this.#firstCodec;
  }

  /** The client has received a publication: the next one may be sent as a difference. */
  passFirst(): void {
    this.#codec = this.#codec.next ?? this.#codec;
  }

  /** The codec of a publication to a client that has not received the one before it. */
  get #firstCodec(): Codec {
    const { codec, deltas } = this.session.protocol;
    return (this.terms.hasDelta && deltas) || codec;
  }

  #require<Name extends StateName>(name: Name, transition: string): StateOf<Name> {
    if (this.#state.name !== name) throw new TransitionError(transition, this.#state.name);
    return this.#state as StateOf<Name>;
  }
}

/** The part of its session that a subscription needs. */
export interface Subscriber {
  /** Its id, unique among all sessions of all edges. */
  readonly client: string;
  readonly credentials: Credentials;
  readonly protocol: Protocol;
  readonly connection: Connection;
  readonly subscriptions: SubscriberSubscriptions;
  close(kind: CloseKind): void;
}

/** All subscriptions of a session, which notify its client. */
export interface SubscriberSubscriptions {
  /** The client has not been notified of its subscriptions yet: until then it is served nothing. */
  readonly isHeld: boolean;
  values(): Iterable<Subscription>;
  /** Called by the hub when it makes a subscription. */
  set(channel: string, subscription: Subscription): void;
  /**
   * The subscription begins after this position, with these publications; others follow. Returns
   * false if the client did not receive them, because its reply has no room: then they must follow,
   * too. `recovered` is undefined if no position was requested.
   */
  handleSubscribed(
    subscription: Subscription,
    position: Position,
    recovered: boolean | undefined,
    publications: readonly RingPublication[],
  ): boolean;
  /** The subscription could not begin. */
  handleRefused(subscription: Subscription, error: ProtocolError): void;
  /** The subscription cannot continue from its cursor. */
  handleBroken(subscription: Subscription): void;
}

/** Up to where a channel was sent to its live subscriptions. */
export interface FlushPosition {
  /** Everything before this cursor has been sent. */
  readonly cursor: number;
  /** The epoch of the generation that the cursor is in. */
  readonly epoch: string;
  /** UTF-8 bytes of data flushed so far. */
  readonly bytes: number;
}

/** The part of its channel that a subscription needs, and that catch-up does. */
export interface SubscribedChannel {
  readonly name: string;
  readonly log: ChannelLog;
  readonly flushed: FlushPosition;
  /** Waiting → lagging; or live at once, if it may be and everything flushed was sent to it. */
  begin(subscription: Subscription, epoch: string, cursor: number, mayGoLive: boolean): void;
  /** Live → lagging. */
  lag(subscription: Subscription): void;
  /** Lagging → live. */
  goLive(subscription: Subscription): void;
}
