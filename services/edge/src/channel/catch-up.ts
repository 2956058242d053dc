import { encodeFrames } from './frames.js';
import type { LiveChannel, Subscriber, Subscription } from './live-channel.js';
import type { RingPublication } from './ring.js';

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
  /** The next publication is not in the ring: the handler has it read, then calls `serve`. */
  readonly onStarved: (subscription: Subscription) => void;
  /** The subscription cannot continue: the client must be notified to subscribe again. */
  readonly onBroken: (subscription: Subscription) => void;
  /** The next publications cannot be encoded. */
  readonly onFault: (subscription: Subscription, error: unknown) => void;
  /** Called when a session is taken off the live flow because it is slow. */
  readonly onSlow: () => void;
  /** Called with the number of publications sent to one session from the log. */
  readonly onServed: (publications: number) => void;
}

/** Share of `maxBufferedBytes`: a session is served from the log until it has more unsent bytes. */
const REFILL_SHARE = 0.25;

/** How many bytes of one channel's data a session gets before its next channel has its turn. */
const TURN_BYTES = 32_768;

interface Debt {
  readonly subscriptions: Set<Subscription>;
  readonly sinceMs: number;
}

/**
 * The sessions that are not on the live flow of all their channels. They are served from the log as
 * fast as their sockets drain, and rejoin a channel's topic exactly at the cursor up to which it
 * was flushed. A slow session comes here before its buffer in uWebSockets.js grows further. A
 * subscription that begins at a position also begins here.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #debts = new Map<Subscriber, Debt>();

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  get sessionCount(): number {
    return this.#debts.size;
  }

  /** Serves the subscription from the cursor on, until it is live. */
  begin(subscription: Subscription, cursor: number): void {
    const { channel, session } = subscription;
    const isCurrent = subscription.epoch === channel.flushedEpoch && !session.isHeld;
    if (cursor === channel.flushed && isCurrent) return channel.goLive(subscription);
    this.#owe(subscription, cursor);
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
        if (subscription.state === 'live') this.#owe(subscription, subscription.channel.flushed);
      }
    }
  }

  /** Serves the channel's subscriptions that are behind: some only wait for its next flush. */
  serveChannel(channel: LiveChannel): void {
    for (const { session } of channel.behind) this.serve(session);
  }

  /** Sends as much as the session's socket accepts, its channels in turns. */
  serve(session: Subscriber): void {
    const debt = this.#debts.get(session);
    if (debt === undefined || session.isHeld) return;
    const full = this.#options.maxBufferedBytes * REFILL_SHARE;
    for (let hasMore = true; hasMore;) {
      hasMore = false;
      for (const subscription of debt.subscriptions) {
        if (session.connection.bufferedBytes() > full) return;
        if (this.#attemptTurn(subscription)) hasMore = true;
      }
    }
  }

  /** The subscription has ended or has gone live. */
  forget(subscription: Subscription): void {
    const debt = this.#debts.get(subscription.session);
    debt?.subscriptions.delete(subscription);
    if (debt?.subscriptions.size === 0) this.#debts.delete(subscription.session);
  }

  /** Closes sessions that exceed a limit. */
  sweep(): void {
    const { maxLagBytes, maxLagMs, now } = this.#options;
    const nowMs = now();
    for (const [session, { subscriptions, sinceMs }] of this.#debts) {
      let lagBytes = 0;
      for (const { channel, servedBytes } of subscriptions) {
        lagBytes += Math.max(0, channel.flushedBytes - servedBytes);
      }
      if (lagBytes > maxLagBytes || nowMs - sinceMs > maxLagMs) session.close('slow');
    }
  }

  #owe(subscription: Subscription, cursor: number): void {
    subscription.channel.fallBehind(subscription, cursor);
    const debt = this.#debts.get(subscription.session);
    if (debt !== undefined) return void debt.subscriptions.add(subscription);
    const subscriptions = new Set([subscription]);
    this.#debts.set(subscription.session, { subscriptions, sinceMs: this.#options.now() });
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
    const { channel, cursor } = subscription;
    const { log } = channel;
    if (cursor > channel.flushed) return false; // another edge was ahead of this one: wait
    if (subscription.keepsPosition && subscription.epoch !== log.positionAt(cursor).epoch) {
      this.#options.onBroken(subscription);
      return false;
    }
    if (cursor === channel.flushed) {
      this.forget(subscription);
      channel.goLive(subscription);
      return false;
    }
    const until = Math.min(log.generationEnd(cursor), channel.flushed);
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
    const { session, channel, wire } = subscription;
    const { maxMessageBytes } = this.#options;
    const frames = encodeFrames(wire, channel.name, publications, previous, maxMessageBytes);
    session.connection.send(...frames);
    subscription.advance();
    subscription.cursor += publications.length;
    for (const { bytes } of publications) subscription.servedBytes += bytes;
    subscription.servedBytes = Math.min(subscription.servedBytes, channel.flushedBytes);
    this.#options.onServed(publications.length);
  }
}
