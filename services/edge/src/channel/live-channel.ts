import { isWildcard, type Codec, type Position } from '@newswire/protocol';
import type { HistoryLimits } from '@newswire/broker';
import { ChannelLog, type LogLimits } from './channel-log.js';
import { LogFollower } from './log-follower.js';
import type { PositionCheck } from './position-check.js';
import type { RingPublication } from './ring.js';
import { type ChannelFilter, ChannelFilters } from './tags-filters.js';
import type { FlushPosition, SubscribedChannel, Subscription } from './subscription.js';

/** A channel's live subscriptions of one codec and filter. Each codec has its own frames. */
export interface Audience {
  readonly codec: Codec;
  /** Only the publications that match are sent to it. */
  readonly filter: ChannelFilter | undefined;
  /** The topic that their connections have joined. */
  readonly topic: string;
  readonly members: ReadonlySet<Subscription>;
}

interface OwnAudience extends Audience {
  readonly members: Set<Subscription>;
}

/**
 * `opening`: the broker's subscription is not active, or the log has not been read since then.
 * `ready`: positions are valid. `left`: the edge no longer follows the channel.
 */
type ChannelState =
  | {
      readonly name: 'opening';
      /** Up to where the log was emptied meanwhile, as far as this edge was notified. */
      readonly removedOffset: number;
    }
  | { readonly name: 'ready'; readonly check: PositionCheck }
  | { readonly name: 'left' };

const MAX_TAGS_FILTERS = 100;

/**
 * A channel that has subscriptions, or had some until a short while ago: its subscriptions by
 * state, and up to where it was flushed.
 */
export class LiveChannel implements SubscribedChannel {
  readonly name: string;
  /** False for a wildcard: publications that have left its ring no longer exist anywhere. */
  readonly hasLog: boolean;
  readonly log: ChannelLog;
  readonly follower: LogFollower;
  /** The filters of its subscriptions. */
  readonly filters: ChannelFilters;
  readonly #waiting = new Set<Subscription>();
  readonly #lagging = new Set<Subscription>();
  /** The live subscriptions by codec and filter. Replaced, not changed: see `audiences`. */
  #audiences: readonly OwnAudience[] = [];
  readonly #flushed = { cursor: 0, epoch: '', bytes: 0 };
  #state: ChannelState = { name: 'opening', removedOffset: 0 };
  /** Its sessions' unsent bytes are checked when the outbox has sent this many bytes in all. */
  #nextSlowCheckBytes = 0;

  /**
   * `history`: the limits of the broker's log of this channel. `maxFilters`: the most different
   * filters of its subscriptions.
   */
  constructor(
    name: string,
    limits: LogLimits,
    history?: HistoryLimits,
    maxFilters = MAX_TAGS_FILTERS,
  ) {
    this.name = name;
    this.filters = new ChannelFilters(maxFilters);
    this.log = new ChannelLog(limits, history);
    this.hasLog = !isWildcard(name);
    this.follower = new LogFollower(this.log, this.hasLog);
  }

  // Whether it is followed.

  get isReady(): boolean {
    return this.#state.name === 'ready';
  }

  /** When its position is compared with the broker's; undefined unless it is ready. */
  get check(): PositionCheck | undefined {
    return this.#state.name === 'ready' ? this.#state.check : undefined;
  }

  /** The live flow is followed: what the log has by now is not sent to anyone. */
  makeReady(check: PositionCheck): void {
    if (this.#state.name !== 'opening') throw new Error(`channel is ${this.#state.name}`);
    const { removedOffset } = this.#state;
    this.#state = { name: 'ready', check };
    this.skipToEnd();
    const { epoch, offset } = this.log.position;
    const removed = this.log.cursorAfter({ epoch, offset: Math.min(offset, removedOffset) });
    if (removedOffset > 0 && removed !== undefined) this.log.removeBefore(removed);
  }

  /** The edge no longer follows the channel: nothing more is flushed. */
  leave(): void {
    this.#state = { name: 'left' };
  }

  /** The broker's log was emptied up to this position. */
  handleRemoval(upTo: Position): void {
    if (this.#state.name === 'opening') {
      // A page that is on its way may have been read before the removal.
      const removedOffset = Math.max(this.#state.removedOffset, upTo.offset);
      this.#state = { name: 'opening', removedOffset };
    }
    const cursor = this.log.isOpen ? this.log.cursorAfter(upTo) : undefined;
    // Publications that are not flushed yet were published to their subscribers before the removal.
    if (cursor !== undefined) this.log.removeBefore(cursor, this.#flushed.cursor);
  }

  // Up to where it was flushed.

  get flushed(): FlushPosition {
    return this.#flushed;
  }

  /** The ring must keep everything from this cursor on, because it has not been sent yet. */
  get keepFrom(): number {
    return this.isReady ? this.#flushed.cursor : Infinity;
  }

  /** Whether there is something to flush. */
  get hasPending(): boolean {
    return this.isReady && this.#flushed.cursor < this.log.end;
  }

  /** These publications, the next ones, have been flushed. Returns their bytes. */
  advance(publications: readonly RingPublication[]): number {
    let bytes = 0;
    for (const each of publications) bytes += each.bytes;
    this.#flushed.cursor += publications.length;
    this.#flushed.bytes += bytes;
    return bytes;
  }

  /** True if the next publication to flush is of another generation, which is entered by this. */
  enterGeneration(): boolean {
    const epoch = this.log.epochAt(this.#flushed.cursor);
    if (epoch === this.#flushed.epoch) return false;
    this.#flushed.epoch = epoch;
    return true;
  }

  /** Marks the log's current content as flushed: all subscriptions continue after it. */
  skipToEnd(): void {
    this.#flushed.cursor = this.log.end;
    this.#flushed.epoch = this.log.position.epoch;
    for (const subscription of this.#lagging) subscription.skipToFlushed();
    for (const subscription of this.listeners()) {
      if (subscription.state.name !== 'live' || !subscription.terms.hasDelta) continue;
      this.#leaveAudience(subscription);
      subscription.beginWhole();
      this.#joinAudience(subscription);
    }
  }

  /**
   * True if its sessions' unsent bytes must be checked now: at most once per `everyBytes` that the
   * outbox sends on all channels. `sentBytes`: what the outbox has sent so far.
   */
  takeSlowCheck(sentBytes: number, everyBytes: number): boolean {
    if (sentBytes < this.#nextSlowCheckBytes) return false;
    this.#nextSlowCheckBytes = sentBytes + everyBytes;
    return true;
  }

  // Its subscriptions.

  get waiting(): ReadonlySet<Subscription> {
    return this.#waiting;
  }

  get lagging(): ReadonlySet<Subscription> {
    return this.#lagging;
  }

  /** The live subscriptions by codec and filter. The list is safe to iterate while they leave. */
  get audiences(): readonly Audience[] {
    return this.#audiences;
  }

  get isEmpty(): boolean {
    return this.#audiences.length === 0 && this.#lagging.size === 0 && this.#waiting.size === 0;
  }

  get liveCount(): number {
    let count = 0;
    for (const { members } of this.#audiences) count += members.size;
    return count;
  }

  /** The number of subscriptions that will receive every later publication. */
  get listenerCount(): number {
    return this.liveCount + this.#lagging.size;
  }

  /** A copy of the list of all live and lagging subscriptions: safe to iterate while they leave. */
  listeners(): Subscription[] {
    const live = this.#audiences.flatMap(({ members }) => [...members]);
    return [...live, ...this.#lagging];
  }

  /** The subscription could not begin immediately. */
  addWaiting(subscription: Subscription): void {
    this.#waiting.add(subscription);
  }

  begin(subscription: Subscription, epoch: string, cursor: number, mayGoLive: boolean): void {
    subscription.begin(epoch, cursor);
    this.#waiting.delete(subscription);
    const isCaughtUp = cursor === this.#flushed.cursor && epoch === this.#flushed.epoch;
    if (!isCaughtUp || !mayGoLive) return void this.#lagging.add(subscription);
    subscription.goLive();
    this.#joinAudience(subscription);
  }

  goLive(subscription: Subscription): void {
    subscription.goLive();
    this.#removeLagging(subscription);
    this.#joinAudience(subscription);
  }

  lag(subscription: Subscription): void {
    subscription.lag();
    this.#leaveAudience(subscription);
    this.#lagging.add(subscription);
  }

  end(subscription: Subscription): void {
    const { name } = subscription.state;
    subscription.end();
    if (subscription.filter !== undefined) this.filters.release(subscription.filter);
    switch (name) {
      case 'waiting':
        this.#waiting.delete(subscription);
        return undefined;
      case 'lagging':
        return this.#removeLagging(subscription);
      case 'live':
        return this.#leaveAudience(subscription);
      case 'ended':
        return undefined;
    }
  }

  /** The live subscriptions have received a publication. */
  passFirst(): void {
    for (const { codec, members } of this.#audiences) {
      if (codec.next === undefined) continue;
      for (const subscription of members) {
        this.#leaveAudience(subscription);
        subscription.passFirst();
        this.#joinAudience(subscription);
      }
    }
  }

  #removeLagging(subscription: Subscription): void {
    this.#lagging.delete(subscription);
    // Waiting subscriptions may be about to begin there.
    if (this.#lagging.size === 0 && this.#waiting.size === 0) this.log.dropOlder();
  }

  #joinAudience(subscription: Subscription): void {
    const { codec, filter, session } = subscription;
    let audience = this.#findAudience(subscription);
    if (audience === undefined) {
      const common = `${codec.name} ${this.name}`;
      // A channel's name has no space, so no other channel's topic is like this.
      const topic = filter === undefined ? common : `${common} ${filter.id}`;
      audience = { codec, filter, topic, members: new Set() };
      this.#audiences = [...this.#audiences, audience];
    }
    session.connection.join(audience.topic);
    audience.members.add(subscription);
  }

  #leaveAudience(subscription: Subscription): void {
    const audience = this.#findAudience(subscription);
    if (audience === undefined) return;
    subscription.session.connection.leave(audience.topic);
    audience.members.delete(subscription);
    if (audience.members.size > 0) return;
    this.#audiences = this.#audiences.filter((each) => each !== audience);
  }

  #findAudience({ codec, filter }: Subscription): OwnAudience | undefined {
    return this.#audiences.find((each) => each.codec === codec && each.filter === filter);
  }
}
