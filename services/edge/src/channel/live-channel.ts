import {
  isWildcard,
  type CloseKind,
  type Position,
  type ProtocolError,
  type Since,
  type Wire,
} from '@newswire/protocol';
import type { HistoryLimits } from '@newswire/broker';
import type { Connection } from '@newswire/transport';
import type { Credentials, SubscribeGrant } from '../access/access.js';
import type { Entry } from '../streams/entry.js';
import { ChannelLog, type RingLimits } from './channel-log.js';
import { LogFollower } from './log-follower.js';

/** A channel's live subscriptions of one wire, which has frames of its own. */
export interface Audience {
  /** What their connections have joined. */
  readonly topic: string;
  readonly members: Set<Subscription>;
}

/** A channel that somebody listens to, or did until a short while ago. */
export class LiveChannel {
  readonly name: string;
  /** False for a wildcard: what its ring has no more is nowhere. */
  readonly hasLog: boolean;
  readonly log: ChannelLog;
  readonly follower: LogFollower;
  /** The live subscriptions by their wire. */
  readonly audiences = new Map<Wire, Audience>();
  readonly behind = new Set<Subscription>();
  readonly waiting = new Set<Subscription>();
  /** Everything before this cursor has gone out to the live subscriptions. */
  flushed = 0;
  /** The epoch of the generation that `flushed` is in. */
  flushedEpoch = '';
  /** UTF-8 bytes of data that have gone out so. */
  flushedBytes = 0;
  /** By when its sessions' unsent bytes are looked at, on the outbox' count of bytes. */
  nextLookBytes = 0;
  /** The broker's subscription is in force and the log was read once since: positions mean something. */
  isReady = false;
  /** Up to which offset the log was emptied before that, as far as this edge was told. */
  removedOffset = 0;
  /** When its last subscription ended, in ms. */
  emptySinceMs = 0;
  /** Nothing to check while the live flow shows that it flows. */
  hasProgressedSinceCheck = false;
  /** The last check found the position behind: the next one decides. */
  isSuspect = false;
  /** When the position is compared with the broker's next, in ms. */
  dueMs = 0;

  /** `history`: what the broker's log of this channel keeps. */
  constructor(name: string, limits: RingLimits, history?: HistoryLimits) {
    this.name = name;
    this.log = new ChannelLog(limits, history);
    this.hasLog = !isWildcard(name);
    this.follower = new LogFollower(this.log, this.hasLog);
  }

  /** From this cursor on the ring must keep everything: it has not gone out yet. */
  get keepFrom(): number {
    return this.isReady ? this.flushed : Infinity;
  }

  /** What the log has now is not for those who listen from here on, or still do. */
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

  /** Takes out of the ring what was removed while the log was read. */
  removeKnown(): void {
    const { epoch, offset } = this.log.position;
    const removed = this.log.cursorAfter({ epoch, offset: Math.min(offset, this.removedOffset) });
    if (this.removedOffset > 0 && removed !== undefined) this.log.removeBefore(removed);
  }

  get isEmpty(): boolean {
    return this.audiences.size === 0 && this.behind.size === 0 && this.waiting.size === 0;
  }

  /** Subscriptions that will get every later publication. */
  get listenerCount(): number {
    return this.liveCount + this.behind.size;
  }

  get liveCount(): number {
    let count = 0;
    for (const { members } of this.audiences.values()) count += members.size;
    return count;
  }

  /** All that are live or behind, as they are now: safe to walk while they leave. */
  listeners(): Subscription[] {
    return [...[...this.audiences.values()].flatMap(({ members }) => [...members]), ...this.behind];
  }

  /** The subscription has had everything before `flushed`: what is flushed next reaches it. */
  goLive(subscription: Subscription): void {
    this.remove(subscription);
    subscription.state = 'live';
    this.#joinAudience(subscription);
  }

  /** The live subscriptions have had a publication. */
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

  /** From the cursor on the subscription is served from the log. */
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
        // Those who wait may be about to begin there.
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

/** What a subscription needs of the session it belongs to. */
export interface Subscriber {
  /** Its id among all sessions of all edges. */
  readonly client: string;
  readonly credentials: Credentials;
  readonly wire: Wire;
  readonly connection: Connection;
  readonly subscriptions: Map<string, Subscription>;
  /** Its client was not told of its subscriptions yet: until then it is served nothing. */
  readonly isHeld: boolean;
  /**
   * The subscription begins behind this position, with these publications; others come after. False
   * if the client was not given them, because its reply has no room: they have to come after, too.
   */
  handleSubscribed(
    subscription: Subscription,
    position: Position,
    recovered: boolean | undefined,
    publications: readonly Entry[],
  ): boolean;
  /** The subscription could not begin. */
  handleRefused(subscription: Subscription, error: ProtocolError): void;
  /** The subscription cannot go on from where it is. The client is told in its wire's way. */
  handleBroken(subscription: Subscription): void;
  close(kind: CloseKind): void;
}

/**
 * `waiting`: it is not known yet where it begins. `live`: its session is on the channel's topic.
 * `behind`: its session reads the log from the cursor on. `ended`: by either side.
 */
export type SubscriptionState = 'waiting' | 'live' | 'behind' | 'ended';

/** How a session has a channel, settled before it begins. One object for all that are alike. */
export interface SubscriptionTerms {
  /** Its client is told if it missed something, and may come back with a position. */
  readonly recovery: boolean;
  /** Begins with the newest publication, instead of with all since a position. */
  readonly cacheRecovery: boolean;
  /** Its client wants positions and not what it missed. */
  readonly isOnlyPositioned: boolean;
  /** Made by the server: its client cannot make it anew by itself. */
  readonly isServerSide: boolean;
  /** Who is there is known; `isAnnounced`: and told as it changes. */
  readonly isMember: boolean;
  readonly isAnnounced: boolean;
  /** Its client is told of others who come and go. */
  readonly receivesMembers: boolean;
  /** Its client takes differences between publications. */
  readonly hasDelta: boolean;
}

/** As a channel is had where nothing is said about it. */
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

/** One session on one channel. */
export class Subscription {
  readonly session: Subscriber;
  readonly channel: LiveChannel;
  readonly since: Since;
  /** The command to answer; 0 where the wire has no answers. */
  readonly commandId: number;
  readonly mustRecover: boolean;
  readonly terms: SubscriptionTerms;
  readonly createdMs: number;
  /** Changes when it is refreshed. */
  grant: SubscribeGrant;
  /** In what form its publications go out: the session's wire, or that with differences. */
  wire: Wire;
  state: SubscriptionState = 'waiting';
  /** The epoch its client was told. */
  epoch = '';
  /** While behind: what comes next. While waiting: what is asked for, once that is known. */
  cursor = 0;
  /** While waiting for a position that this edge has not reached: the broker's log was read since. */
  isLookedUp = false;
  /** While behind: the channel's flushed bytes, less what is owed of them. */
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

  /** The form of a publication whose client has not had the one before it. */
  get #wholeWire(): Wire {
    const { session, terms } = this;
    return (terms.hasDelta && session.wire.delta) || session.wire;
  }

  /** Its client lacks what comes before the next publication: that one goes out whole. */
  beginWhole(): void {
    this.wire = this.#wholeWire;
  }

  /** Its client has had a publication. */
  advance(): void {
    this.wire = this.wire.afterFirst ?? this.wire;
  }

  /** Whether its client's position must be of the generation that it is served from. */
  get keepsPosition(): boolean {
    return this.terms.recovery && this.session.wire.hasPositions;
  }

  /** While behind: it goes on from here, whatever it has missed. */
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
