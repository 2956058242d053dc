import { encodeFrames } from './frames.js';
import type { RingPublication } from './ring.js';
import type { Subscriber, Subscription } from './subscription.js';

export interface CatchUpOptions {
  /** A session with more unsent bytes than this is taken off the live flow. */
  readonly maxBufferedBytes: number;
  /** A session that lags by more bytes of data than this is closed with 3008. */
  readonly maxLagBytes: number;
  /** A session that has not caught up for longer than this is closed with 3008. */
  readonly maxLagMs: number;
  /** Publications are sent together in messages of at most this many bytes. */
  readonly maxMessageBytes: number;
  readonly now: () => number;
  /**
   * The next publication is not in the ring. The handler must start a read of the broker's log, and
   * call `serve` when it is done.
   */
  readonly onStarved: (subscription: Subscription) => void;
  /** The subscription cannot continue: the client must be notified to subscribe again. */
  readonly onBroken: (subscription: Subscription) => void;
  /** The next publications cannot be encoded. */
  readonly onFault: (subscription: Subscription, error: unknown) => void;
  /** Called when a session is taken off the live flow because it is slow. */
  readonly onSlow: () => void;
  /** Called with the number of publications that catch-up sent to one session. */
  readonly onServed: (publications: number) => void;
}

/** Share of `maxBufferedBytes`: catch-up serves a session until it has more unsent bytes. */
const REFILL_SHARE = 0.25;

/** How many bytes of one channel's data a session gets before its next channel is served. */
const TURN_BYTES = 32_768;

/** What one session lags behind. */
interface Lag {
  readonly subscriptions: Set<Subscription>;
  readonly sinceMs: number;
}

/**
 * Serves lagging sessions, those that are not on the live flow of all their channels, as fast as
 * their sockets drain: from the ring, or from older parts that were read from the broker's log. A subscription rejoins its channel's topic exactly at the cursor
 * up to which the channel was flushed. A slow session comes here before its buffer in uWebSockets.js
 * grows further. A subscription that begins at a position also begins here.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #lags = new Map<Subscriber, Lag>();

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** The number of lagging sessions. */
  get sessionCount(): number {
    return this.#lags.size;
  }

  /** Serves a waiting subscription from the cursor on, until it is live. */
  begin(subscription: Subscription, epoch: string, cursor: number): void {
    const { channel, session } = subscription;
    channel.begin(subscription, epoch, cursor, !session.subscriptions.isHeld);
    if (subscription.state.name === 'live') return;
    this.#add(subscription);
    this.serve(session);
  }

  /**
   * Takes sessions with too many unsent bytes off all their topics. The outbox calls this before a
   * flush, once per `slowCheckBytes`.
   */
  takeOffSlow(audience: ReadonlySet<Subscription>): void {
    const { maxBufferedBytes, onSlow } = this.#options;
    for (const { session } of audience) {
      if (session.connection.bufferedBytes() <= maxBufferedBytes) continue;
      onSlow();
      for (const subscription of session.subscriptions.values()) {
        this.takeOff(subscription);
      }
    }
  }

  /** Takes a live subscription off its topic: it is served with the next flush. */
  takeOff(subscription: Subscription): void {
    if (subscription.state.name !== 'live') return;
    subscription.channel.lag(subscription);
    this.#add(subscription);
  }

  /** Serves the sessions of a channel's lagging subscriptions: some only wait for its next flush. */
  serveAll(lagging: ReadonlySet<Subscription>): void {
    for (const { session } of lagging) this.serve(session);
  }

  /** Sends as much as the session's socket accepts, its channels in turns. */
  serve(session: Subscriber): void {
    const lag = this.#lags.get(session);
    if (lag === undefined || session.subscriptions.isHeld) return;
    const full = this.#options.maxBufferedBytes * REFILL_SHARE;
    for (let hasMore = true; hasMore;) {
      hasMore = false;
      for (const subscription of lag.subscriptions) {
        if (session.connection.bufferedBytes() > full) return;
        if (this.#attemptTurn(subscription)) hasMore = true;
      }
    }
  }

  /** The subscription has ended or goes live. */
  forget(subscription: Subscription): void {
    const lag = this.#lags.get(subscription.session);
    lag?.subscriptions.delete(subscription);
    if (lag?.subscriptions.size === 0) this.#lags.delete(subscription.session);
  }

  /** Closes sessions that exceed a limit. */
  sweep(): void {
    const { maxLagBytes, maxLagMs, now } = this.#options;
    const nowMs = now();
    for (const [session, { subscriptions, sinceMs }] of this.#lags) {
      let lagBytes = 0;
      for (const subscription of subscriptions) lagBytes += subscription.lagBytes;
      const isTooSlow = lagBytes > maxLagBytes || nowMs - sinceMs > maxLagMs;
      if (isTooSlow) session.close('slow');
    }
  }

  #add(subscription: Subscription): void {
    const lag = this.#lags.get(subscription.session);
    if (lag !== undefined) return void lag.subscriptions.add(subscription);
    const subscriptions = new Set([subscription]);
    this.#lags.set(subscription.session, { subscriptions, sinceMs: this.#options.now() });
  }

  #attemptTurn(subscription: Subscription): boolean {
    try {
      return this.#serveTurn(subscription);
    } catch (error) {
      this.#options.onFault(subscription, error);
      return false;
    }
  }

  /** True if more can be sent immediately. */
  #serveTurn(subscription: Subscription): boolean {
    const { channel, state } = subscription;
    if (state.name !== 'lagging') return false;
    const { log, flushed } = channel;
    const { cursor } = state;
    if (cursor > flushed.cursor) return false; // another edge was ahead of this one: wait
    if (!subscription.canContinueIn(log.epochAt(cursor))) {
      this.#options.onBroken(subscription);
      return false;
    }
    if (cursor === flushed.cursor) {
      this.forget(subscription);
      channel.goLive(subscription);
      return false;
    }
    const until = Math.min(log.generationEnd(cursor), flushed.cursor);
    const publications = log.slice(cursor, until, TURN_BYTES);
    if (publications === undefined) {
      this.#options.onStarved(subscription);
      return false;
    }
    this.#send(subscription, publications, log.before(cursor));
    return true;
  }

  #send(
    subscription: Subscription,
    publications: readonly RingPublication[],
    previous: RingPublication | undefined,
  ): void {
    const { session, channel, codec, filter } = subscription;
    const { maxMessageBytes } = this.#options;
    const selected = filter === undefined ? publications : filter.select(publications);
    const sent =
      codec.findSender === undefined
        ? selected
        : selected.filter((each) => codec.findSender?.(each) !== session.client);
    const frames = encodeFrames(codec, channel.name, sent, previous, maxMessageBytes);
    // Before they are sent, because a connection that fails at that ends the subscription.
    subscription.advance(publications);
    if (frames.length > 0) session.connection.send(...frames);
    this.#options.onServed(sent.length);
  }
}
