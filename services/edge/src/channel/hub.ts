import type { Broker, BrokerHandler, Generation, LimitsOf } from '@newswire/broker';
import type { Position, ProtocolError, Publication, SubscribeRequest } from '@newswire/protocol';
import type { CatchUp } from './catch-up.js';
import type { LogLimits } from './channel-log.js';
import { PLAIN_GRANT, type SubscribeGrant } from '../access/access.js';
import { LiveChannel } from './live-channel.js';
import { LogReader, type LogReaderOptions } from './log-reader.js';
import type { Outbox } from './outbox.js';
import { PositionCheck } from './position-check.js';
import { toRingPublication } from './ring.js';
import { type Subscriber, Subscription } from './subscription.js';
import { type StarterOptions, SubscriptionStarter } from './subscription-start.js';
import { PLAIN_TERMS, type SubscriptionTerms } from './subscription-terms.js';

export interface HubOptions
  extends LogLimits, Pick<LogReaderOptions, 'retry' | 'onRead'>, Omit<StarterOptions, 'onRefused'> {
  /** The limits of the broker's logs. */
  readonly getLimits: LimitsOf;
  /** How often the position of a quiet channel is compared with the broker's. */
  readonly checkIntervalMs: number;
  /** How long a channel is still followed without subscriptions: its clients may come back. */
  readonly ringIdleMs: number;
  /**
   * Maximum number of idle channels. If there are more, the edge leaves those that have been idle
   * longest, even if `ringIdleMs` is not over. Default: 20,000.
   */
  readonly maxIdleChannels?: number;
  /** Maximum number of different filters by tags of a channel. Default: 100. */
  readonly maxTagsFilters?: number;
  /** Called for each channel where publications were missed, before its sessions are notified. */
  readonly onGap: (channel: string, sessions: number) => void;
  /** Called whenever the log is read because publications were, or may have been, missed. */
  readonly onFill: (channel: string) => void;
  /** A subscription that had begun has ended, for any reason. */
  readonly onEnded: (subscription: Subscription) => void;
}

/** The parts of outbox and catch-up that the hub needs. */
type Flusher = Pick<Outbox, 'add' | 'flushed' | 'tickMs'>;
type LaggingSessions = Pick<CatchUp, 'begin' | 'serve' | 'forget'>;

/** An idle channel keeps its ring, and a subscription in the broker. */
const MAX_IDLE_CHANNELS = 20_000;

/** The channels that this edge follows, with one broker subscription per channel. */
export class Hub implements BrokerHandler {
  readonly #broker: Broker;
  readonly #outbox: Flusher;
  readonly #catchUp: LaggingSessions;
  readonly #options: HubOptions;
  readonly #reader: LogReader;
  readonly #starter: SubscriptionStarter;
  readonly #channels = new Map<string, LiveChannel>();
  /**
   * The channels without subscriptions, and when each became idle (ms), oldest first. Their number
   * is limited, because clients choose channel names freely.
   */
  readonly #idleSinceMs = new Map<LiveChannel, number>();

  constructor(broker: Broker, outbox: Flusher, catchUp: LaggingSessions, options: HubOptions) {
    this.#broker = broker;
    this.#outbox = outbox;
    this.#catchUp = catchUp;
    this.#options = options;
    this.#reader = new LogReader(broker, {
      ...options,
      onProgress: (channel) => this.#handleProgress(channel),
      onLost: (channel) => this.#reportGap(channel),
      onOlder: (channel, subscription) => this.#handleOlder(channel, subscription),
      flushed: (channel) => outbox.flushed(channel),
    });
    this.#starter = new SubscriptionStarter(this.#reader, catchUp, {
      ...options,
      onRefused: (subscription, error) => this.#refuse(subscription, error),
    });
  }

  /**
   * The subscription begins immediately, or once the channel's log has been read. `commandId`: the
   * command to reply to, if there is one. Throws ProtocolError (106) if the channel has too many
   * different filters by tags.
   */
  subscribe(
    session: Subscriber,
    request: SubscribeRequest,
    commandId?: number,
    terms: SubscriptionTerms = PLAIN_TERMS,
    grant: SubscribeGrant = PLAIN_GRANT,
  ): Subscription {
    const { channel: name, since, mustRecover = false, tagsFilter } = request;
    const open = this.#channels.get(name);
    const channel = open ?? this.#open(name);
    const filter = tagsFilter && channel.filters.use(tagsFilter);
    this.#idleSinceMs.delete(channel);
    const createdMs = this.#options.now();
    const subscription = new Subscription({
      session,
      channel,
      since,
      commandId,
      mustRecover,
      terms,
      filter,
      grant,
      createdMs,
    });
    session.subscriptions.set(name, subscription);
    if (channel.isReady) this.#starter.start(channel, subscription);
    // Most subscriptions have begun by now.
    if (subscription.state.name === 'waiting') channel.addWaiting(subscription);
    if (open === undefined) this.#listen(channel);
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    if (subscription.state.name === 'ended') return;
    const { hasBegun } = subscription;
    const channel = this.#channelOf(subscription);
    channel.end(subscription);
    this.#catchUp.forget(subscription);
    this.#reader.forget(channel, subscription);
    if (channel.isEmpty) this.#idleFrom(channel);
    if (hasBegun) this.#options.onEnded(subscription);
  }

  handlePublication(
    name: string,
    publication: Publication,
    epoch: string,
    begins: Generation | undefined,
  ): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    // The clock is read once per tick: see outbox.bench.ts.
    const received = toRingPublication(publication, this.#outbox.tickMs);
    switch (channel.follower.receive(received, epoch, begins, channel.keepFrom)) {
      case 'next':
        // Only here: a publication of another log must not suppress the position check.
        channel.check?.handleProgress();
        this.#outbox.add(channel);
        if (channel.waiting.size > 0) this.#starter.startAll(channel);
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
    this.#channels.get(name)?.handleRemoval(upTo);
  }

  /** The next publication for a lagging subscription is not in the ring. */
  handleStarved(subscription: Subscription): void {
    const { state, terms, session } = subscription;
    if (state.name !== 'lagging') return undefined;
    const channel = this.#channelOf(subscription);
    const isRead = channel.hasLog && channel.log.readFrom(state.cursor) !== undefined;
    if (isRead) return this.#reader.readOlder(channel, subscription);
    if (terms.recovery) return this.break(subscription);
    subscription.skipToFlushed();
    return this.#catchUp.serve(session);
  }

  /** Ends a subscription that cannot continue, and notifies its client. */
  break(subscription: Subscription): void {
    this.unsubscribe(subscription);
    subscription.session.subscriptions.handleBroken(subscription);
  }

  /**
   * Runs the periodic work: leaves idle channels, drops expired publications, handles waiting
   * subscriptions and checks positions. Called every 250 ms.
   */
  sweep(): void {
    const nowMs = this.#options.now();
    for (const [channel, sinceMs] of this.#idleSinceMs) {
      if (nowMs - sinceMs < this.#options.ringIdleMs) break;
      this.#leave(channel);
    }
    for (const channel of this.#channels.values()) {
      if (channel.lagging.size === 0) channel.log.dropExcluded(channel.flushed.cursor, nowMs);
      if (channel.waiting.size > 0) this.#sweepWaiting(channel);
      const { check } = channel;
      if (check?.isDue(nowMs)) void this.#checkPosition(channel, check, nowMs);
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
    const channel = new LiveChannel(
      name,
      this.#options,
      this.#options.getLimits(name),
      this.#options.maxTagsFilters,
    );
    this.#channels.set(name, channel);
    return channel;
  }

  /** The edge follows a channel as long as it has subscriptions. */
  #channelOf({ channel: { name } }: Subscription): LiveChannel {
    const channel = this.#channels.get(name);
    if (channel === undefined) throw new Error(`channel ${name} is not followed`);
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
    this.#idleSinceMs.set(channel, this.#options.now());
    const [longest] = this.#idleSinceMs.keys();
    const { maxIdleChannels = MAX_IDLE_CHANNELS } = this.#options;
    if (longest !== undefined && this.#idleSinceMs.size > maxIdleChannels) this.#leave(longest);
  }

  #leave(channel: LiveChannel): void {
    this.#channels.delete(channel.name);
    this.#idleSinceMs.delete(channel);
    channel.leave();
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
    const { checkIntervalMs, now } = this.#options;
    if (!channel.isReady) channel.makeReady(new PositionCheck(checkIntervalMs, now()));
    this.#outbox.add(channel);
    this.#starter.startAll(channel);
  }

  #refuse(subscription: Subscription, error: ProtocolError): void {
    this.unsubscribe(subscription);
    subscription.session.subscriptions.handleRefused(subscription, error);
  }

  /** The read that the subscription waited for is done. */
  #handleOlder(channel: LiveChannel, subscription: Subscription): void {
    switch (subscription.state.name) {
      case 'waiting':
        return this.#starter.start(channel, subscription);
      case 'lagging':
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

  #sweepWaiting(channel: LiveChannel): void {
    const isAhead = this.#starter.sweep(channel);
    if (isAhead && channel.follower.interrupt()) this.#fill(channel);
  }

  /** Compares the position of a quiet channel with the broker's. */
  async #checkPosition(channel: LiveChannel, check: PositionCheck, nowMs: number): Promise<void> {
    const isQuiet = check.begin(nowMs);
    if (!isQuiet || !channel.hasLog || !channel.follower.isLive) return;
    const isUpToDate = await this.#reader.isUpToDate(channel).catch(() => true);
    if (check.conclude(isUpToDate, nowMs) && channel.follower.interrupt()) this.#fill(channel);
  }
}
