import type { Broker, BrokerHandler, Generation, LimitsOf } from '@newswire/broker';
import {
  type Position,
  ProtocolError,
  type Publication,
  type SubscribeRequest,
} from '@newswire/protocol';
import type { CatchUp } from './catch-up.js';
import type { LogLimits } from './channel-log.js';
import { PLAIN_GRANT, type SubscribeGrant } from '../access/access.js';
import {
  LiveChannel,
  PLAIN_TERMS,
  type Subscriber,
  Subscription,
  type SubscriptionTerms,
} from './live-channel.js';
import { LogReader, type LogReaderOptions } from './log-reader.js';
import type { Outbox } from './outbox.js';
import { determineStart, startAtNewest } from './subscription-start.js';
import { type RingPublication, toRingPublication } from './ring.js';

export interface HubOptions extends LogLimits, Pick<LogReaderOptions, 'retry' | 'onRead'> {
  readonly now: () => number;
  /** The limits of the broker's logs. */
  readonly getLimits: LimitsOf;
  /** How often the position of a quiet channel is compared with the broker's. */
  readonly checkIntervalMs: number;
  /** How long a channel is still followed without subscriptions: its clients may come back. */
  readonly ringIdleMs: number;
  /**
   * The most channels without subscriptions. Beyond it, the edge leaves those idle longest before
   * `ringIdleMs` is over. Default: 20,000.
   */
  readonly maxIdleChannels?: number;
  /**
   * A subscription with a reply is refused (100, temporary) if it cannot begin within this time.
   */
  readonly subscribeTimeoutMs: number;
  /** Called for each channel where publications were missed, before its sessions are notified. */
  readonly onGap: (channel: string, sessions: number) => void;
  /** Called whenever the log is read because publications were, or may have been, missed. */
  readonly onFill: (channel: string) => void;
  /** Called with the outcome of each request for a position. */
  readonly onRecovery: (recovered: boolean) => void;
  /** The client was notified of where the subscription begins. */
  readonly onBegun: (subscription: Subscription) => void;
  /** A subscription that had begun has ended, for any reason. */
  readonly onEnded: (subscription: Subscription) => void;
}

/** An idle channel takes about 2 KiB, a subscription in the broker, and its ring. */
const MAX_IDLE_CHANNELS = 20_000;

/** If this edge does not reach a requested position within this time, it reads the broker's log. */
const AHEAD_LIMIT_MS = 500;

/** The most data in the reply that a position was recovered. The rest follows in later frames. */
const MAX_REPLY_BYTES = 32_768;

/**
 * A channel whose position is behind is checked again after this time: the missing publications may
 * be on their way.
 */
const SECOND_LOOK_MS = 1000;

/** The channels that this edge follows, with one broker subscription per channel. */
export class Hub implements BrokerHandler {
  readonly #broker: Broker;
  readonly #outbox: Outbox;
  readonly #catchUp: CatchUp;
  readonly #options: HubOptions;
  readonly #reader: LogReader;
  readonly #channels = new Map<string, LiveChannel>();
  /**
   * The channels without subscriptions, the one idle longest first. Their number is limited,
   * because clients choose channel names freely.
   */
  readonly #idle = new Set<LiveChannel>();
  /** The last replayed list: when all clients reconnect together, most get the same list. */
  #lastReplay: readonly RingPublication[] = [];

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

  /** The subscription begins immediately, or once the channel's log has been read. */
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
    // Most subscriptions have begun by now.
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
    // Reading the clock would cost a tenth of the rest of this method: once per tick is enough.
    const entry = toRingPublication(publication, this.#outbox.tickMs);
    switch (channel.follower.receive(entry, epoch, begins, channel.keepFrom)) {
      case 'next':
        // Set only here: a publication of another log must not suppress the position check.
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

  /** The broker's subscription was interrupted: the log shows whether publications were missed. */
  handleGap(name: string): void {
    const channel = this.#channels.get(name);
    if (channel?.follower.interrupt()) this.#fill(channel);
  }

  handleRemoval(name: string, upTo: Position): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    // A page that is on its way may have been read before the removal.
    if (!channel.isReady) channel.removedOffset = Math.max(channel.removedOffset, upTo.offset);
    if (!channel.log.isOpen) return;
    const cursor = channel.log.cursorAfter(upTo);
    // Publications that are not flushed yet were published to their subscribers before the removal.
    if (cursor !== undefined) channel.log.removeBefore(cursor, channel.flushed);
  }

  /** The next publication for a subscription that is behind is not in the ring. */
  handleStarved(subscription: Subscription): void {
    const { channel, cursor } = subscription;
    const isRead = channel.hasLog && channel.log.readFrom(cursor) !== undefined;
    if (isRead) return this.#reader.readOlder(subscription);
    if (subscription.terms.recovery) return this.break(subscription);
    subscription.skipTo(channel.flushed, channel.flushedEpoch);
    return this.#catchUp.serve(subscription.session);
  }

  /** Ends a subscription that cannot continue, and notifies its client. */
  break(subscription: Subscription): void {
    this.unsubscribe(subscription);
    subscription.session.handleBroken(subscription);
  }

  /**
   * Runs the periodic work: leaves idle channels, drops expired publications, handles waiting
   * subscriptions and checks positions. Called every 250 ms.
   */
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

  /** The number of sessions on each channel that will receive every later publication. */
  counts(): Record<string, number> {
    const isListed = ({ isReady, isEmpty }: LiveChannel) => isReady && !isEmpty;
    const ready = [...this.#channels.values()].filter(isListed);
    return Object.fromEntries(ready.map(({ name, listenerCount }) => [name, listenerCount]));
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** The number of subscriptions, on all channels, that will receive every later publication. */
  get subscriptionCount(): number {
    let count = 0;
    for (const { listenerCount } of this.#channels.values()) count += listenerCount;
    return count;
  }

  #open(name: string): LiveChannel {
    const channel = new LiveChannel(name, this.#options, this.#options.getLimits(name));
    this.#channels.set(name, channel);
    return channel;
  }

  #listen(channel: LiveChannel): void {
    const listen = async () => {
      await this.#broker.subscribe(channel.name, this);
      await this.#reader.follow(channel, isStillWanted);
    };
    const isStillWanted = this.#staysOpen(channel);
    void this.#options.retry(listen, isStillWanted);
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
    // This fails while the broker is unreachable. The broker unsubscribes once it is reachable
    // again.
    this.#broker.unsubscribe(channel.name).catch(() => undefined);
  }

  /**
   * Reads missing publications from the log before anything later is delivered, or reports the gap.
   */
  #fill(channel: LiveChannel): void {
    this.#options.onFill(channel.name);
    const isStillWanted = this.#staysOpen(channel);
    const follow = () => this.#reader.follow(channel, isStillWanted);
    void this.#options.retry(follow, isStillWanted);
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
    const start = (terms.cacheRecovery ? startAtNewest : determineStart)(
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
    // A subscription without a command is announced by a push, which has no room for publications.
    const isReplayed = recovered === true && cursor < until && subscription.commandId !== 0;
    const found = (isReplayed && channel.log.slice(cursor, until, MAX_REPLY_BYTES)) || [];
    const replayed = found.length > 0 ? this.#sharedReplay(found) : found;
    subscription.epoch = position.epoch;
    const isTold = session.handleSubscribed(subscription, position, recovered, replayed);
    this.#options.onBegun(subscription);
    const told = isTold ? replayed.length : 0;
    if (told > 0) subscription.advance();
    this.#catchUp.begin(subscription, cursor + told);
  }

  /** The previous list, if it has the same publications: a wire then encodes it only once. */
  #sharedReplay(found: readonly RingPublication[]): readonly RingPublication[] {
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

  /**
   * The subscriptions that have begun missed publications. A waiting subscription missed nothing:
   * it only now requests what the log has.
   */
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

  /**
   * A quiet channel may have missed a publication unnoticed: compares its position with the
   * broker's.
   */
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
