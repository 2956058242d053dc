import type { JsonLine, Position, Publication } from '@newswire/protocol';

/** Why publishing or listening does not work right now; undefined while it does. */
export type BrokerFault = string | undefined;

/** What a broker tells about a channel that was subscribed. Calls come in the channel's order. */
export interface BrokerHandler {
  /** One publication. Offsets of one epoch rise by one, unless `handleGap` was called before. */
  handlePublication(channel: string, publication: Publication, epoch: string): void;
  /** Something before the next publication may be missing, and the broker can't say what. */
  handleGap(channel: string): void;
}

export interface PublishOptions {
  /**
   * Publishing again with the same key on the same channel within 5 minutes changes nothing and
   * gives the first answer. The memory broker remembers the last 100,000 keys.
   */
  readonly idempotencyKey?: string;
}

/** How much a channel's log keeps. Whatever limit is reached first counts. */
export interface HistoryLimits {
  readonly historySize: number;
  readonly historyTtlMs: number;
}

/** Part of a channel's log, oldest first, and where the log ends now: its epoch and top offset. */
export interface HistoryPage {
  readonly publications: readonly Publication[];
  readonly top: Position;
}

/** An idle channel's offset and epoch are kept this long: far longer than its log, or positions would lie. */
export function offsetTtlMs({ historyTtlMs }: HistoryLimits): number {
  return Math.max(24 * 3_600_000, historyTtlMs * 144);
}

/** For how long an idempotency key is remembered. */
export const IDEMPOTENCY_TTL_MS = 300_000;

/**
 * Takes publications in and hands them to whoever subscribed, here or in another process.
 *
 * Order: a channel's offsets rise by one, and handlers hear them in that order. Channels are
 * independent. Delivery: at most once while subscribed; what the broker cannot vouch for it says
 * by `handleGap`, and the log (`history`) has the missing part. Atomicity: when `publish` resolves,
 * the publication is in the log and on its way; when it rejects with a temporary ProtocolError it
 * may still have happened, so a retry carries an idempotency key.
 */
export interface Broker {
  /** Appends to the channel's log and tells the subscribers. Resolves with its position. */
  publish(channel: string, data: JsonLine, options?: PublishOptions): Promise<Position>;
  /**
   * Resolves once every later publication reaches the handler. One handler per channel: the caller
   * counts its own listeners. Rejects while the broker is away; the caller tries again.
   */
  subscribe(channel: string, handler: BrokerHandler): Promise<void>;
  /** Resolves once the handler hears nothing more. Also ends a subscribe that is under way. */
  unsubscribe(channel: string): Promise<void>;
  /** Up to `limit` publications after `sinceOffset` that the log still has; 0 is before the oldest. */
  history(channel: string, sinceOffset: number, limit: number): Promise<HistoryPage>;
  /** What stands in the way of publishing and listening, as a sentence. */
  fault(): BrokerFault;
  /** Lets go of everything. Nothing may be called afterwards. */
  close(): Promise<void>;
}
