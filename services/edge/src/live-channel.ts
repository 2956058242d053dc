import type {
  CloseKind,
  Position,
  ProtocolError,
  Publication,
  Since,
  Wire,
} from '@newswire/protocol';
import type { Connection } from '@newswire/transport';
import { ChannelLog, type RingLimits } from './channel-log.js';
import { LogFollower } from './log-follower.js';

/** A channel that somebody listens to, or did until a short while ago. */
export class LiveChannel {
  readonly name: string;
  readonly log: ChannelLog;
  readonly follower: LogFollower;
  /** The live subscriptions by the wire that their sessions speak. */
  readonly audiences = new Map<Wire, Set<Subscription>>();
  readonly behind = new Set<Subscription>();
  readonly waiting = new Set<Subscription>();
  /** Everything before this cursor has gone out to the live subscriptions. */
  flushed = 0;
  /** The epoch of the life that `flushed` is in. */
  flushedEpoch = '';
  /** UTF-8 bytes of data that have gone out so. */
  flushedBytes = 0;
  /** By when its sessions' unsent bytes are looked at, on the outbox' count of bytes. */
  nextLookBytes = 0;
  /** The broker's subscription is in force and the log was read once since: positions mean something. */
  isReady = false;
  /** When its last subscription ended, in ms. */
  emptySinceMs = 0;
  /** Nothing to check while the live flow shows that it flows. */
  wasHeardSinceCheck = false;
  /** The last check found the position behind: the next one decides. */
  isSuspect = false;
  /** When the position is compared with the broker's next, in ms. */
  dueMs = 0;

  constructor(name: string, limits: RingLimits) {
    this.name = name;
    this.log = new ChannelLog(limits);
    this.follower = new LogFollower(this.log);
  }

  /** From this cursor on the ring must keep everything: it has not gone out yet. */
  get keepFrom(): number {
    return this.isReady ? this.flushed : Infinity;
  }

  /** What the log has now is not for those who listen from here on. */
  skipToEnd(): void {
    this.flushed = this.log.end;
    this.flushedEpoch = this.log.position.epoch;
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
    for (const { size } of this.audiences.values()) count += size;
    return count;
  }

  /** All that are live or behind, as they are now: safe to walk while they leave. */
  listeners(): Subscription[] {
    return [...[...this.audiences.values()].flatMap((audience) => [...audience]), ...this.behind];
  }

  /** The subscription has had everything before `flushed`: what is flushed next reaches it. */
  goLive(subscription: Subscription): void {
    this.remove(subscription);
    subscription.state = 'live';
    const { wire, connection } = subscription.session;
    connection.join(topicOf(wire, this.name));
    const audience = this.audiences.get(wire);
    if (audience === undefined) this.audiences.set(wire, new Set([subscription]));
    else audience.add(subscription);
  }

  /** From the cursor on the subscription is served from the log. */
  fallBehind(subscription: Subscription, cursor: number): void {
    this.remove(subscription);
    subscription.state = 'behind';
    subscription.cursor = cursor;
    subscription.paidBytes = this.flushedBytes;
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

  #leaveAudience(subscription: Subscription): void {
    const { wire, connection } = subscription.session;
    connection.leave(topicOf(wire, this.name));
    const audience = this.audiences.get(wire);
    audience?.delete(subscription);
    if (audience?.size === 0) this.audiences.delete(wire);
  }
}

/** What a subscription needs of the session it belongs to. */
export interface Subscriber {
  readonly wire: Wire;
  readonly connection: Connection;
  readonly subscriptions: Map<string, Subscription>;
  /** The subscription begins behind this position, with these publications; others come after. */
  handleSubscribed(
    subscription: Subscription,
    position: Position,
    recovered: boolean | undefined,
    publications: readonly Publication[],
  ): void;
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

/** One session on one channel. */
export class Subscription {
  readonly session: Subscriber;
  readonly channel: LiveChannel;
  readonly since: Since;
  /** The command to answer; 0 where the wire has no answers. */
  readonly commandId: number;
  readonly mustRecover: boolean;
  readonly createdMs: number;
  state: SubscriptionState = 'waiting';
  /** The epoch its client was told. */
  epoch = '';
  /** While behind: what comes next. While waiting: what is asked for, once that is known. */
  cursor = 0;
  /** While waiting for a position that this edge has not reached: the broker's log was read since. */
  isLookedUp = false;
  /** While behind: the channel's flushed bytes, less what is owed of them. */
  paidBytes = 0;

  constructor(parts: SubscriptionParts) {
    this.session = parts.session;
    this.channel = parts.channel;
    this.since = parts.since;
    this.commandId = parts.commandId;
    this.mustRecover = parts.mustRecover;
    this.createdMs = parts.nowMs;
  }
}

export interface SubscriptionParts {
  readonly session: Subscriber;
  readonly channel: LiveChannel;
  readonly since: Since;
  readonly commandId: number;
  readonly mustRecover: boolean;
  readonly nowMs: number;
}

/** What a channel's live sessions of one wire join: each wire has frames of its own. */
export function topicOf(wire: Wire, channel: string): string {
  return `${wire.name} ${channel}`;
}
