import { topicOf, type LiveChannel } from './live-channel.js';

/** What the outbox needs of the listening server. */
export interface TopicPublisher {
  publish(topic: string, text: string): void;
}

export interface OutboxOptions {
  readonly maxFlushBytes: number;
  readonly maxBufferedBytes: number;
  /** Runs a function once the current turn of the event loop is over. */
  readonly defer?: (flush: () => void) => void;
  /** Told of a channel whose publications could not be encoded; they are skipped. */
  readonly onFault?: (channel: LiveChannel, error: unknown) => void;
  /** Told after each channel's flush: how many publications went to how many sessions. */
  readonly onFlush?: (publications: number, sessions: number) => void;
}

/**
 * What this tick has to send. Each channel is encoded once per wire and handed to
 * uWebSockets.js as topics; never from inside a socket handler, where more than 32
 * messages a tick go out uncorked and cost twelve times as much.
 */
export class Outbox {
  readonly #publisher: TopicPublisher;
  readonly #options: OutboxOptions;
  readonly #defer: (flush: () => void) => void;
  #dirty = new Set<LiveChannel>();
  #isScheduled = false;

  constructor(publisher: TopicPublisher, options: OutboxOptions) {
    this.#publisher = publisher;
    this.#options = options;
    this.#defer = options.defer ?? ((flush) => void setImmediate(flush));
  }

  /** The channel has something pending: it goes out at the end of this tick. */
  add(channel: LiveChannel): void {
    this.#dirty.add(channel);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#defer(() => this.flush());
  }

  /** Sends what is pending now; what is over a channel's bytes for one tick waits for the next. */
  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#isScheduled = false;
    for (const channel of dirty) {
      try {
        this.#flushChannel(channel);
      } catch (error) {
        this.#options.onFault?.(channel, error);
      }
      if (channel.pending.length > 0) this.add(channel);
    }
  }

  #flushChannel(channel: LiveChannel): void {
    this.#closeSlowSessions(channel);
    const publications = channel.takePending(this.#options.maxFlushBytes);
    for (const wire of channel.audiences.keys()) {
      const topic = topicOf(wire, channel.name);
      for (const frame of wire.encode(publications)) this.#publisher.publish(topic, frame);
    }
    this.#options.onFlush?.(publications.length, channel.sessionCount);
  }

  /** Before anything is sent, so that a session's last item is always a whole flush, never half. */
  #closeSlowSessions(channel: LiveChannel): void {
    const { maxBufferedBytes } = this.#options;
    for (const audience of channel.audiences.values()) {
      for (const session of audience) {
        if (session.connection.bufferedBytes() > maxBufferedBytes) session.close('slow');
      }
    }
  }
}
