import type { HistoryLimits } from '@newswire/broker';
import {
  type CloseKind,
  isWildcard,
  type Position,
  type ProtocolError,
  type Since,
  type Wire,
} from '@newswire/protocol';
import type { Connection } from '@newswire/transport';
import type { Credentials, SubscribeGrant } from '../access/access.js';
import type { RingPublication } from './ring.js';
import { ChannelLog, type LogLimits } from './channel-log.js';
import { LogFollower } from './log-follower.js';

/** A channel's live subscriptions of one wire. Each wire has its own frames. */
export interface Audience {
  /** The topic that their connections have joined. */
  readonly topic: string;
  readonly members: Set<Subscription>;
}

/** A channel that has subscriptions, or had some until a short while ago. */
export class LiveChannel {
  readonly name: string;
  /** False for a wildcard: publications that have left its ring no longer exist anywhere. */
  readonly hasLog: boolean;
  readonly log: ChannelLog;
  readonly follower: LogFollower;
  /** The live subscriptions by wire. */
  readonly audiences = new Map<Wire, Audience>();
  readonly behind = new Set<Subscription>();
  readonly waiting = new Set<Subscription>();
  /** Everything before this cursor has been sent to the live subscriptions. */
  flushed = 0;
  /** The epoch of the generation that `flushed` is in. */
  flushedEpoch = '';
  /** UTF-8 bytes of data flushed so far. */
  flushedBytes = 0;
  /** When to check its sessions' unsent bytes next, as a value of the outbox's byte count. */
  nextSlowCheckBytes = 0;
  /**
   * The broker's subscription is active and the log has been read once since then: positions are
   * valid.
   */
  isReady = false;
  /**
   * The offset up to which the log was emptied before `isReady`, as far as this edge was notified.
   */
  removedOffset = 0;
  /** When its last subscription ended, in ms. */
  emptySinceMs = 0;
  /** A publication has arrived since the last check, so the next check is unnecessary. */
  hasProgressedSinceCheck = false;
  /** The last check found the position behind. The next one decides. */
  isSuspect = false;
  /** When the position is next compared with the broker's, in ms. */
  dueMs = 0;

  /** `history`: the limits of the broker's log of this channel. */
  constructor(name: string, limits: LogLimits, history?: HistoryLimits) {
    this.name = name;
    this.log = new ChannelLog(limits, history);
    this.hasLog = !isWildcard(name);
    this.follower = new LogFollower(this.log, this.hasLog);
  }

  /** The ring must keep everything from this cursor on, because it has not been sent yet. */
  get keepFrom(): number {
    return this.isReady ? this.flushed : Infinity;
  }

  /** Marks the log's current content as flushed: all subscriptions continue after it. */
  skipToEnd(): void {
    this.flushed = this.log.end;
    this.flushedEpoch = this.log.position.epoch;
    for (const subscription of this.behind) subscription.skipTo(this.flushed, this.flushedEpoch);
    for (const subscription of this.listeners()) {
      if (subscription.state !== 'live' || !subscription.terms.hasDelta) continue;
      this.#leaveAudience(subscription);
      subscription.beginWhole();
      this.#joinAudience(subscription);
    }
  }

  /** Removes publications from the ring that were removed from the log while it was read. */
  removeKnown(): void {
    const { epoch, offset } = this.log.position;
    const removed = this.log.cursorAfter({ epoch, offset: Math.min(offset, this.removedOffset) });
    if (this.removedOffset > 0 && removed !== undefined) this.log.removeBefore(removed);
  }

  get isEmpty(): boolean {
    return this.audiences.size === 0 && this.behind.size === 0 && this.waiting.size === 0;
  }

  /** The number of subscriptions that will receive every later publication. */
  get listenerCount(): number {
    return this.liveCount + this.behind.size;
  }

  get liveCount(): number {
    let count = 0;
    for (const { members } of this.audiences.values()) count += members.size;
    return count;
  }

  /** A copy of the list of all live and behind subscriptions: safe to iterate while they leave. */
  listeners(): Subscription[] {
    return [...[...this.audiences.values()].flatMap(({ members }) => [...members]), ...this.behind];
  }

  /** The subscription has received everything before `flushed`, and joins the live flow. */
  goLive(subscription: Subscription): void {
    this.remove(subscription);
    subscription.state = 'live';
    this.#joinAudience(subscription);
  }

  /** The live subscriptions have received a publication. */
  advance(): void {
    for (const [wire, { members }] of this.audiences) {
      if (wire.afterFirst === undefined) continue;
      for (const subscription of members) {
        this.#leaveAudience(subscription);
        subscription.advance();
        this.#joinAudience(subscription);
      }
    }
  }

  /** From the cursor on, the subscription is served from the log. */
  fallBehind(subscription: Subscription, cursor: number): void {
    this.remove(subscription);
    subscription.state = 'behind';
    subscription.cursor = cursor;
    subscription.servedBytes = this.flushedBytes;
    this.behind.add(subscription);
  }

  remove(subscription: Subscription): void {
    switch (subscription.state) {
      case 'live':
        return this.#leaveAudience(subscription);
      case 'behind':
        this.behind.delete(subscription);
        // Waiting subscriptions may be about to begin there.
        if (this.behind.size === 0 && this.waiting.size === 0) this.log.dropOlder();
        return undefined;
      case 'waiting':
        this.waiting.delete(subscription);
        return undefined;
      case 'ended':
        return undefined;
    }
  }

  #joinAudience(subscription: Subscription): void {
    const { wire, session } = subscription;
    let audience = this.audiences.get(wire);
    if (audience === undefined) {
      audience = { topic: `${wire.name} ${this.name}`, members: new Set() };
      this.audiences.set(wire, audience);
    }
    session.connection.join(audience.topic);
    audience.members.add(subscription);
  }

  #leaveAudience(subscription: Subscription): void {
    const { wire, session } = subscription;
    const audience = this.audiences.get(wire);
    if (audience === undefined) return;
    session.connection.leave(audience.topic);
    audience.members.delete(subscription);
    if (audience.members.size === 0) this.audiences.delete(wire);
  }
}

/** The part of its session that a subscription needs. */
export interface Subscriber {
  /** Its id, unique among all sessions of all edges. */
  readonly client: string;
  readonly credentials: Credentials;
  readonly wire: Wire;
  readonly connection: Connection;
  readonly subscriptions: Map<string, Subscription>;
  /** The client has not been notified of its subscriptions yet: until then it is served nothing. */
  readonly isHeld: boolean;
  /**
   * The subscription begins after this position, with these publications; others follow. Returns
   * false if the client did not receive them, because its reply has no room: then they must follow,
   * too.
   */
  handleSubscribed(
    subscription: Subscription,
    position: Position,
    recovered: boolean | undefined,
    publications: readonly RingPublication[],
  ): boolean;
  /** The subscription could not begin. */
  handleRefused(subscription: Subscription, error: ProtocolError): void;
  /**
   * The subscription cannot continue from its cursor. The session notifies the client in the way
   * that its wire defines.
   */
  handleBroken(subscription: Subscription): void;
  close(kind: CloseKind): void;
}

/**
 * `waiting`: its start is not known yet. `live`: its session is on the channel's topic. `behind`:
 * its session is served from the log, from the cursor on. `ended`: by either side.
 */
export type SubscriptionState = 'waiting' | 'live' | 'behind' | 'ended';

/**
 * The properties of a subscription, settled before it begins. Subscriptions with equal terms share
 * one object where possible.
 */
export interface SubscriptionTerms {
  /** The client is notified if it missed publications, and may come back with a position. */
  readonly recovery: boolean;
  /** Begins with the newest publication, instead of all publications since a position. */
  readonly cacheRecovery: boolean;
  /** The client wants positions, but not the publications that it missed. */
  readonly isOnlyPositioned: boolean;
  /** Made by the server: the client cannot subscribe again by itself. */
  readonly isServerSide: boolean;
  /** Presence lists the client. `isAnnounced`: its join and leave are announced, too. */
  readonly isMember: boolean;
  readonly isAnnounced: boolean;
  /** The client receives the joins and leaves of others. */
  readonly receivesMembers: boolean;
  /** The client accepts deltas between publications. */
  readonly hasDelta: boolean;
}

/** The terms of a subscription for which nothing else is specified. */
export const PLAIN_TERMS: SubscriptionTerms = {
  recovery: true,
  cacheRecovery: false,
  isOnlyPositioned: false,
  isServerSide: false,
  isMember: false,
  isAnnounced: false,
  receivesMembers: false,
  hasDelta: false,
};

/** The subscription of one session to one channel. */
export class Subscription {
  readonly session: Subscriber;
  readonly channel: LiveChannel;
  readonly since: Since;
  /** The id of the command to reply to; 0 if there is none. */
  readonly commandId: number;
  readonly mustRecover: boolean;
  readonly terms: SubscriptionTerms;
  readonly createdMs: number;
  /** Replaced when the subscription is refreshed. */
  grant: SubscribeGrant;
  /** The form in which its publications are sent: the session's wire, or its wire with deltas. */
  wire: Wire;
  state: SubscriptionState = 'waiting';
  /** The epoch that the client was given. */
  epoch = '';
  /**
   * While behind: the next publication. While waiting: the requested publication, once it is known.
   */
  cursor = 0;
  /**
   * While waiting for a position that this edge has not reached: a read of the broker's log was
   * requested since.
   */
  isLookedUp = false;
  /** While behind: the channel's flushed bytes, minus the lag. */
  servedBytes = 0;

  constructor(parts: SubscriptionParts) {
    this.session = parts.session;
    this.channel = parts.channel;
    this.since = parts.since;
    this.commandId = parts.commandId;
    this.mustRecover = parts.mustRecover;
    this.terms = parts.terms;
    this.grant = parts.grant;
    this.createdMs = parts.nowMs;
    this.wire = this.#wholeWire;
  }

  /** The form of a publication to a client that has not received the one before it. */
  get #wholeWire(): Wire {
    const { session, terms } = this;
    return (terms.hasDelta && session.wire.delta) || session.wire;
  }

  /** The client lacks the publication before the next one, which is therefore sent whole. */
  beginWhole(): void {
    this.wire = this.#wholeWire;
  }

  /** The client has received a publication. */
  advance(): void {
    this.wire = this.wire.afterFirst ?? this.wire;
  }

  /** Whether the client's position must be of the generation that it is served from. */
  get keepsPosition(): boolean {
    return this.terms.recovery && this.session.wire.hasPositions;
  }

  /** While behind: continues from this cursor, although earlier publications were missed. */
  skipTo(cursor: number, epoch: string): void {
    this.cursor = cursor;
    this.epoch = epoch;
    this.beginWhole();
  }
}

export interface SubscriptionParts {
  readonly session: Subscriber;
  readonly channel: LiveChannel;
  readonly since: Since;
  readonly commandId: number;
  readonly mustRecover: boolean;
  readonly terms: SubscriptionTerms;
  readonly grant: SubscribeGrant;
  readonly nowMs: number;
}
