import type { Codec, Frame } from '@newswire/protocol';
import type { CatchUp } from './catch-up.js';
import { encodeFrames } from './frames.js';
import type { LiveChannel } from './live-channel.js';
import type { RingPublication } from './ring.js';
import type { Subscription } from './subscription.js';

/** The part of catch-up that the outbox needs. */
type SlowSessions = Pick<CatchUp, 'takeOff' | 'takeOffSlow' | 'serveAll'>;

/** The part of the listening server that the outbox needs. */
export interface TopicPublisher {
  publish(topic: string, frame: Frame): void;
}

export interface OutboxOptions {
  readonly maxFlushBytes: number;
  /** Publications are sent together in messages of at most this many bytes. */
  readonly maxMessageBytes: number;
  /**
   * After this many bytes of data, over all channels, a channel's sessions are checked again. A
   * session's unsent bytes can have grown by no more than that in between.
   */
  readonly slowCheckBytes: number;
  readonly now: () => number;
  /** Runs a function once the current turn of the event loop is over. */
  readonly defer?: (flush: () => void) => void;
  /** Called for a channel whose publications could not be encoded; they are skipped. */
  readonly onFault: (channel: LiveChannel, error: unknown) => void;
  /** Called for a live subscription whose client's position is of an ended generation. */
  readonly onBroken: (subscription: Subscription) => void;
  /**
   * Called after each flush, with the number of publications sent and the number of their
   * deliveries to live sessions.
   */
  readonly onFlush: (publications: number, deliveries: number) => void;
}

/**
 * Collects the channels that have something to send in this tick. Each channel is encoded once per
 * codec, whatever its number of sessions (see outbox.bench.ts), and published to uWebSockets.js as
 * topics. It never publishes inside a socket handler, where uWebSockets.js sends messages beyond
 * the 32nd one by one.
 */
export class Outbox {
  readonly #publisher: TopicPublisher;
  readonly #catchUp: SlowSessions;
  readonly #options: OutboxOptions;
  readonly #defer: (flush: () => void) => void;
  #dirty = new Set<LiveChannel>();
  #isScheduled = false;
  /** When the pending flush was scheduled, in ms. */
  #scheduledMs = 0;
  /** UTF-8 bytes of data flushed so far, over all channels. */
  #sentBytes = 0;
  #publications = 0;
  #deliveries = 0;

  constructor(publisher: TopicPublisher, catchUp: SlowSessions, options: OutboxOptions) {
    this.#publisher = publisher;
    this.#catchUp = catchUp;
    this.#options = options;
    this.#defer = options.defer ?? ((flush) => void setImmediate(flush));
  }

  /** The channel has pending publications: they are sent at the end of this tick. */
  add(channel: LiveChannel): void {
    this.#dirty.add(channel);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#scheduledMs = this.#options.now();
    this.#defer(() => this.flush());
  }

  /** The time of this tick, in ms. The clock is not read again once a flush is scheduled. */
  get tickMs(): number {
    return this.#isScheduled ? this.#scheduledMs : this.#options.now();
  }

  /** Sends what is pending. Data beyond a channel's limit per tick waits for the next tick. */
  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#isScheduled = false;
    this.#publications = this.#deliveries = 0;
    for (const channel of dirty) {
      if (channel.isReady) this.#flushChannel(channel);
      if (channel.hasPending) this.add(channel);
    }
    this.#options.onFlush(this.#publications, this.#deliveries);
  }

  /** Resolves when everything received so far has been sent. */
  async flushed(channel: LiveChannel): Promise<void> {
    this.add(channel);
    const { end } = channel.log;
    while (channel.isReady && channel.flushed.cursor < end)
      await new Promise((resolve) => setImmediate(resolve));
  }

  #flushChannel(channel: LiveChannel): void {
    if (channel.enterGeneration()) this.#breakOthers(channel);
    const { log, audiences } = channel;
    const flushed = channel.flushed.cursor;
    const { maxFlushBytes, maxMessageBytes, slowCheckBytes } = this.#options;
    const publications = log.slice(flushed, log.generationEnd(flushed), maxFlushBytes) ?? [];
    // Checked before anything is sent, so that a session always leaves the topic after a whole
    // flush, never in the middle of one.
    if (channel.takeSlowCheck(this.#sentBytes, slowCheckBytes)) {
      for (const { members } of audiences) this.#catchUp.takeOffSlow(members);
    }
    try {
      for (const { codec, members } of audiences) {
        if (codec.findSender !== undefined) this.#takeOffSenders(codec, publications, members);
      }
      const previous = audiences.length === 0 ? undefined : log.before(flushed);
      for (const { codec, filter, topic, members } of audiences) {
        const sent = filter === undefined ? publications : filter.select(publications);
        const frames = encodeFrames(codec, channel.name, sent, previous, maxMessageBytes);
        for (const frame of frames) this.#publisher.publish(topic, frame);
        this.#deliveries += sent.length * members.size;
      }
      if (publications.length > 0) channel.passFirst();
    } catch (error) {
      this.#options.onFault(channel, error);
    }
    this.#sentBytes += channel.advance(publications);
    this.#publications += publications.length;
    if (channel.lagging.size > 0) this.#catchUp.serveAll(channel.lagging);
  }

  /** Senders leave the topic for this flush: catch-up serves them all but their own publications. */
  #takeOffSenders(
    codec: Codec,
    publications: readonly RingPublication[],
    members: ReadonlySet<Subscription>,
  ): void {
    for (const publication of publications) {
      const sender = codec.findSender?.(publication);
      if (sender === undefined) continue;
      for (const subscription of members) {
        if (subscription.session.client === sender) this.#catchUp.takeOff(subscription);
      }
    }
  }

  /**
   * Where one generation of the log ends and the next begins, subscriptions that keep a position
   * must be created again.
   */
  #breakOthers({ audiences, flushed }: LiveChannel): void {
    for (const { members } of audiences) {
      for (const subscription of members) {
        if (!subscription.canContinueIn(flushed.epoch)) this.#options.onBroken(subscription);
      }
    }
  }
}
