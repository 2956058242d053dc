import type { Broker, BrokerHandler, Generation, LimitsOf } from '@newswire/broker';
import {
  ProtocolError,
  type Position,
  type Publication,
  type SubscribeRequest,
} from '@newswire/protocol';
import type { CatchUp } from './catch-up.js';
import type { RingLimits } from './channel-log.js';
import type { SubscribeGrant } from '../access/access.js';
import { PLAIN_GRANT } from '../access/open-access.js';
import {
  LiveChannel,
  PLAIN_TERMS,
  type Subscriber,
  Subscription,
  type SubscriptionTerms,
} from './live-channel.js';
import { LogReader, type LogReaderOptions } from './log-reader.js';
import type { Outbox } from './outbox.js';
import { startAtNewest, startOf } from '../session/start-of.js';
import { toEntry, type Entry } from '../streams/entry.js';

export interface HubOptions extends RingLimits, Pick<LogReaderOptions, 'persist' | 'onRead'> {
  readonly now: () => number;
  /** What the broker's logs keep. */
  readonly limitsOf: LimitsOf;
  /** How often an idle channel's position is compared with the broker's. */
  readonly checkIntervalMs: number;
  /** For how long a channel is followed on when nobody listens any more: they may come back. */
  readonly ringIdleMs: number;
  /** Of more such channels than this, the ones idle longest are left before. Default: 20,000. */
  readonly maxIdleChannels?: number;
  /** A subscription with an answer is refused (100, temporary) if it cannot begin within this. */
  readonly subscribeTimeoutMs: number;
  /** Told of each channel where publications were missed, before its sessions are told. */
  readonly onGap: (channel: string, sessions: number) => void;
  /** Told whenever the log is read because something was, or may have been, missed. */
  readonly onFill: (channel: string) => void;
  /** Told how each request for a position ended. */
  readonly onRecovery: (recovered: boolean) => void;
  /** Its client was told where the subscription begins. */
  readonly onBegun: (subscription: Subscription) => void;
  /** A subscription that had begun has ended, whatever ended it. */
  readonly onEnded: (subscription: Subscription) => void;
}

/** An idle channel takes about 2 KiB, a subscription in the broker, and its ring. */
const MAX_IDLE_CHANNELS = 20_000;

/** A position that this edge has not reached within this time is looked up in the broker's log. */
const AHEAD_LIMIT_MS = 500;

/** So much data comes in the reply that a position was found; what is left follows. */
const MAX_REPLY_BYTES = 32_768;

/** A position that is found behind gets this long: what it lacks may be on its way. */
const SECOND_LOOK_MS = 1000;

/** The channels this edge listens to: a broker subscription each, while somebody is on it. */
export class Hub implements BrokerHandler {
  readonly #broker: Broker;
  readonly #outbox: Outbox;
  readonly #catchUp: CatchUp;
  readonly #options: HubOptions;
  readonly #reader: LogReader;
  readonly #channels = new Map<string, LiveChannel>();
  /** Those that nobody listens to, the one idle longest first: clients choose names as they like. */
  readonly #idle = new Set<LiveChannel>();
  /** What was replayed last: when all come back at once, most are given the same. */
  #lastReplay: readonly Entry[] = [];

  constructor(broker: Broker, outbox: Outbox, catchUp: CatchUp, options: HubOptions) {
    this.#broker = broker;
    this.#outbox = outbox;
    this.#catchUp = catchUp;
    this.#options = options;
    this.#reader = new LogReader(broker, {
      ...options,
      onProgress: (channel) => this.#handleProgress(channel),
      onLost: (channel) => this.#reportGap(channel),
      onOlder: (subscription) => this.#handleOlder(subscription),
      flushed: (channel) => outbox.flushed(channel),
    });
  }

  /** The subscription begins at once, or when the channel's log was read. */
  subscribe(
    session: Subscriber,
    request: SubscribeRequest,
    commandId: number,
    terms: SubscriptionTerms = PLAIN_TERMS,
    grant: SubscribeGrant = PLAIN_GRANT,
  ): Subscription {
    const { channel: name, since, mustRecover = false } = request;
    const open = this.#channels.get(name);
    const channel = open ?? this.#open(name);
    this.#idle.delete(channel);
    const nowMs = this.#options.now();
    const subscription = new Subscription({
      session,
      channel,
      since,
      commandId,
      mustRecover,
      terms,
      grant,
      nowMs,
    });
    session.subscriptions.set(name, subscription);
    if (channel.isReady) this.#settle(subscription);
    // Most have begun by now.
    if (subscription.state === 'waiting') channel.waiting.add(subscription);
    if (open === undefined) this.#listen(channel);
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    const { channel } = subscription;
    if (subscription.state === 'ended') return;
    const hadBegun = subscription.state !== 'waiting';
    channel.remove(subscription);
    this.#catchUp.forget(subscription);
    this.#reader.forget(subscription);
    subscription.state = 'ended';
    if (channel.isEmpty) this.#idleFrom(channel);
    if (hadBegun) this.#options.onEnded(subscription);
  }

  handlePublication(
    name: string,
    publication: Publication,
    epoch: string,
    begins: Generation | undefined,
  ): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    // The clock costs as much as a tenth of all else here: once a tick is enough.
    const entry = toEntry(publication, this.#outbox.tickMs);
    switch (channel.follower.receive(entry, epoch, begins, channel.keepFrom)) {
      case 'next':
        // Only this: what is not of this log must not keep the position from being checked.
        channel.hasProgressedSinceCheck = true;
        this.#outbox.add(channel);
        if (channel.waiting.size > 0) this.#settleAll(channel);
        return undefined;
      case 'gap':
        return this.#fill(channel);
      case 'kept':
      case 'repeated':
        return undefined;
    }
  }

  /** The broker's subscription was interrupted: the log says whether something was missed. */
  handleGap(name: string): void {
    const channel = this.#channels.get(name);
    if (channel?.follower.interrupt()) this.#fill(channel);
  }

  handleRemoval(name: string, upTo: Position): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    // The page that is on its way may have been read before.
    if (!channel.isReady) channel.removedOffset = Math.max(channel.removedOffset, upTo.offset);
    if (!channel.log.isOpen) return;
    const cursor = channel.log.cursorAfter(upTo);
    // What is still to be flushed was published to its listeners before it was removed.
    if (cursor !== undefined) channel.log.removeBefore(cursor, channel.flushed);
  }

  /** What comes next for a subscription that is behind is not in the ring. */
  handleStarved(subscription: Subscription): void {
    const { channel, cursor } = subscription;
    const isRead = channel.hasLog && channel.log.readFrom(cursor) !== undefined;
    if (isRead) return this.#reader.readOlder(subscription);
    if (subscription.terms.recovery) return this.break(subscription);
    subscription.skipTo(channel.flushed, channel.flushedEpoch);
    return this.#catchUp.serve(subscription.session);
  }

  /** Ends a subscription that cannot go on, and tells its client. */
  break(subscription: Subscription): void {
    this.unsubscribe(subscription);
    subscription.session.handleBroken(subscription);
  }

  /** Looks after whatever waits. Called every half second or so. */
  sweep(): void {
    const nowMs = this.#options.now();
    for (const channel of this.#channels.values()) {
      const isIdle = nowMs - channel.emptySinceMs >= this.#options.ringIdleMs;
      if (isIdle && channel.isEmpty) this.#leave(channel);
      if (channel.behind.size === 0) channel.log.dropExcluded(channel.flushed, nowMs);
      if (channel.waiting.size > 0) this.#sweepWaiting(channel, nowMs);
      if (nowMs >= channel.dueMs && channel.isReady) void this.#check(channel, nowMs);
    }
  }

  /** Sessions on each channel that will get every later publication. */
  counts(): Record<string, number> {
    const isListed = ({ isReady, isEmpty }: LiveChannel) => isReady && !isEmpty;
    const ready = [...this.#channels.values()].filter(isListed);
    return Object.fromEntries(ready.map(({ name, listenerCount }) => [name, listenerCount]));
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** Of all channels: those that will get every later publication. */
  get subscriptionCount(): number {
    let count = 0;
    for (const { listenerCount } of this.#channels.values()) count += listenerCount;
    return count;
  }

  #open(name: string): LiveChannel {
    const channel = new LiveChannel(name, this.#options, this.#options.limitsOf(name));
    this.#channels.set(name, channel);
    return channel;
  }

  #listen(channel: LiveChannel): void {
    const listen = async () => {
      await this.#broker.subscribe(channel.name, this);
      await this.#reader.follow(channel, isStillWanted);
    };
    const isStillWanted = this.#staysOpen(channel);
    void this.#options.persist(listen, isStillWanted);
  }

  #idleFrom(channel: LiveChannel): void {
    channel.emptySinceMs = this.#options.now();
    this.#idle.add(channel);
    const [longest] = this.#idle;
    const { maxIdleChannels = MAX_IDLE_CHANNELS } = this.#options;
    if (longest !== undefined && this.#idle.size > maxIdleChannels) this.#leave(longest);
  }

  #leave(channel: LiveChannel): void {
    this.#channels.delete(channel.name);
    this.#idle.delete(channel);
    channel.isReady = false;
    // While the broker is away this fails; the broker lets go when it is back.
    this.#broker.unsubscribe(channel.name).catch(() => undefined);
  }

  /** Reads what is missing from the log before anything later is delivered, or tells. */
  #fill(channel: LiveChannel): void {
    this.#options.onFill(channel.name);
    const isStillWanted = this.#staysOpen(channel);
    const follow = () => this.#reader.follow(channel, isStillWanted);
    void this.#options.persist(follow, isStillWanted);
  }

  #staysOpen(channel: LiveChannel): () => boolean {
    return () => this.#channels.get(channel.name) === channel;
  }

  #handleProgress(channel: LiveChannel): void {
    if (!channel.isReady) {
      channel.skipToEnd();
      channel.removeKnown();
      channel.isReady = true;
      channel.dueMs = this.#options.now() + this.#options.checkIntervalMs;
    }
    this.#outbox.add(channel);
    this.#settleAll(channel);
  }

  #settleAll(channel: LiveChannel): void {
    if (!channel.isReady) return;
    for (const subscription of channel.waiting) this.#settle(subscription);
  }

  #settle(subscription: Subscription): void {
    const { channel, since, terms } = subscription;
    const start = (terms.cacheRecovery ? startAtNewest : startOf)(
      channel,
      since,
      this.#options.now(),
    );
    switch (start.type) {
      case 'at':
        return this.#begin(subscription, start.cursor, start.recovered);
      case 'older':
        subscription.cursor = start.cursor;
        return this.#reader.readOlder(subscription);
      case 'ahead':
        if (subscription.isLookedUp) this.#begin(subscription, channel.flushed, false);
        return undefined;
    }
  }

  #begin(subscription: Subscription, cursor: number, recovered: boolean | undefined): void {
    if (recovered !== undefined) this.#options.onRecovery(recovered);
    if (recovered === false && subscription.mustRecover) {
      return this.#refuse(subscription, new ProtocolError('unrecoverablePosition'));
    }
    const { channel, session } = subscription;
    const position = channel.log.positionAt(cursor);
    const until = Math.min(channel.log.generationEnd(cursor), channel.flushed);
    // A subscription that nobody asked for is told by a push, which has no room for them.
    const isReplayed = recovered === true && cursor < until && subscription.commandId !== 0;
    const found = (isReplayed && channel.log.entries(cursor, until, MAX_REPLY_BYTES)) || [];
    const replayed = found.length > 0 ? this.#sharedReplay(found) : found;
    subscription.epoch = position.epoch;
    const isTold = session.handleSubscribed(subscription, position, recovered, replayed);
    this.#options.onBegun(subscription);
    const told = isTold ? replayed.length : 0;
    if (told > 0) subscription.advance();
    this.#catchUp.begin(subscription, cursor + told);
  }

  /** The list that was given out before where it is the same: a wire makes its text once. */
  #sharedReplay(found: readonly Entry[]): readonly Entry[] {
    const last = this.#lastReplay;
    const isSame = found[0] === last[0] && found.at(-1) === last.at(-1);
    if (isSame && found.length === last.length) return last;
    this.#lastReplay = found;
    return found;
  }

  #refuse(subscription: Subscription, error: ProtocolError): void {
    this.unsubscribe(subscription);
    subscription.session.handleRefused(subscription, error);
  }

  #handleOlder(subscription: Subscription): void {
    switch (subscription.state) {
      case 'waiting':
        return this.#settle(subscription);
      case 'behind':
        return this.#catchUp.serve(subscription.session);
      case 'live':
      case 'ended':
        return undefined;
    }
  }

  /** Whoever listens has missed something. Who waits only now asks for what there is. */
  #reportGap(channel: LiveChannel): void {
    const listeners = channel.listeners().filter(({ terms }) => terms.recovery);
    if (listeners.length === 0) return;
    this.#options.onGap(channel.name, listeners.length);
    for (const subscription of listeners) this.break(subscription);
  }

  #sweepWaiting(channel: LiveChannel, nowMs: number): void {
    let isAhead = false;
    for (const subscription of channel.waiting) {
      const waitedMs = nowMs - subscription.createdMs;
      if (subscription.commandId !== 0 && waitedMs >= this.#options.subscribeTimeoutMs) {
        const error = new ProtocolError('internal', 'the channel cannot be read now, try again');
        this.#refuse(subscription, error);
      } else if (channel.isReady && waitedMs >= AHEAD_LIMIT_MS && !subscription.isLookedUp) {
        isAhead = subscription.isLookedUp = true;
      }
    }
    if (isAhead && channel.follower.interrupt()) this.#fill(channel);
  }

  /** An idle channel may have missed something without a sign: compares its position. */
  async #check(channel: LiveChannel, nowMs: number): Promise<void> {
    const { checkIntervalMs } = this.#options;
    const isQuiet = channel.hasLog && !channel.hasProgressedSinceCheck && channel.follower.isLive;
    channel.dueMs = nowMs + checkIntervalMs;
    channel.hasProgressedSinceCheck = false;
    if (!isQuiet) return;
    const isUpToDate = await this.#reader.isUpToDate(channel).catch(() => true);
    if (isUpToDate || channel.hasProgressedSinceCheck) channel.isSuspect = false;
    else if (!channel.isSuspect) {
      channel.isSuspect = true;
      channel.dueMs = nowMs + SECOND_LOOK_MS;
    } else {
      channel.isSuspect = false;
      if (channel.follower.interrupt()) this.#fill(channel);
    }
  }
}
