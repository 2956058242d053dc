import { framesOf, type CatchUp } from './catch-up.js';
import type { LiveChannel, Subscription } from './live-channel.js';

/** What the outbox needs of the listening server. */
export interface TopicPublisher {
  publish(topic: string, text: string): void;
}

export interface OutboxOptions {
  readonly maxFlushBytes: number;
  /** Publications are sent together up to so many bytes. */
  readonly maxMessageBytes: number;
  /**
   * How many bytes of data, of all channels together, go out before a channel's sessions are looked
   * at again: by no more than that a session's unsent bytes can have grown.
   */
  readonly lookEveryBytes: number;
  readonly now: () => number;
  /** Runs a function once the current turn of the event loop is over. */
  readonly defer?: (flush: () => void) => void;
  /** Told of a channel whose publications could not be encoded; they are skipped. */
  readonly onFault: (channel: LiveChannel, error: unknown) => void;
  /** A live subscription whose client's position is of a generation that has ended. */
  readonly onBroken: (subscription: Subscription) => void;
  /** Told after each flush: how many publications went out, and how many times to a live session. */
  readonly onFlush: (publications: number, deliveries: number) => void;
}

/**
 * What this tick has to send. Each channel is encoded once per wire and handed to
 * uWebSockets.js as topics; never from inside a socket handler, where more than 32
 * messages a tick go out uncorked and cost twelve times as much.
 */
export class Outbox {
  readonly #publisher: TopicPublisher;
  readonly #catchUp: CatchUp;
  readonly #options: OutboxOptions;
  readonly #defer: (flush: () => void) => void;
  #dirty = new Set<LiveChannel>();
  #isScheduled = false;
  /** When the flush that is scheduled was scheduled, in ms. */
  #scheduledMs = 0;
  /** UTF-8 bytes of data flushed so far, of all channels. */
  #sentBytes = 0;
  #publications = 0;
  #deliveries = 0;

  constructor(publisher: TopicPublisher, catchUp: CatchUp, options: OutboxOptions) {
    this.#publisher = publisher;
    this.#catchUp = catchUp;
    this.#options = options;
    this.#defer = options.defer ?? ((flush) => void setImmediate(flush));
  }

  /** The channel has something pending: it goes out at the end of this tick. */
  add(channel: LiveChannel): void {
    this.#dirty.add(channel);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#scheduledMs = this.#options.now();
    this.#defer(() => this.flush());
  }

  /** The time in ms, as of this tick: the clock is not read again once something is to go out. */
  get tickMs(): number {
    return this.#isScheduled ? this.#scheduledMs : this.#options.now();
  }

  /** Sends what is pending now; what is over a channel's bytes for one tick waits for the next. */
  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#isScheduled = false;
    this.#publications = this.#deliveries = 0;
    for (const channel of dirty) {
      if (channel.isReady) this.#flushChannel(channel);
      if (channel.isReady && channel.flushed < channel.log.end) this.add(channel);
    }
    this.#options.onFlush(this.#publications, this.#deliveries);
  }

  /** Resolves when everything taken in so far has gone out. */
  async flushed(channel: LiveChannel): Promise<void> {
    this.add(channel);
    const { end } = channel.log;
    while (channel.isReady && channel.flushed < end)
      await new Promise((resolve) => setImmediate(resolve));
  }

  #flushChannel(channel: LiveChannel): void {
    this.#endLife(channel);
    const { log, flushed, audiences } = channel;
    const { maxFlushBytes, maxMessageBytes } = this.#options;
    const entries = log.entries(flushed, log.generationEnd(flushed), maxFlushBytes) ?? [];
    // Before anything is sent, so that a position is always a whole flush, never half.
    if (this.#sentBytes >= channel.nextLookBytes) {
      for (const { members } of audiences.values()) this.#catchUp.takeOffSlow(members);
      channel.nextLookBytes = this.#sentBytes + this.#options.lookEveryBytes;
    }
    try {
      const previous = audiences.size === 0 ? undefined : log.before(flushed);
      for (const [wire, { topic }] of audiences) {
        for (const frame of framesOf(wire, channel.name, entries, previous, maxMessageBytes)) {
          this.#publisher.publish(topic, frame);
        }
      }
      if (entries.length > 0) channel.advance();
    } catch (error) {
      this.#options.onFault(channel, error);
    }
    channel.flushed += entries.length;
    for (const { bytes } of entries) {
      channel.flushedBytes += bytes;
      this.#sentBytes += bytes;
    }
    this.#publications += entries.length;
    this.#deliveries += entries.length * channel.liveCount;
    if (channel.behind.size > 0) this.#catchUp.serveChannel(channel);
  }

  /** Where one generation of the log ends and the next begins, positions have to be made anew. */
  #endLife(channel: LiveChannel): void {
    const { epoch } = channel.log.positionAt(channel.flushed);
    if (epoch === channel.flushedEpoch) return;
    channel.flushedEpoch = epoch;
    for (const [wire, { members }] of channel.audiences) {
      if (!wire.hasPositions) continue;
      for (const subscription of members) {
        const isBroken = subscription.keepsPosition && subscription.epoch !== epoch;
        if (isBroken) this.#options.onBroken(subscription);
      }
    }
  }
}
