import type { JsonLine, Position, Publication } from '@newswire/protocol';

/** Why publishing or listening does not work right now; undefined while it does. */
export type BrokerFault = string | undefined;

/** What a broker tells about a channel that was subscribed. Calls come in the channel's order. */
export interface BrokerHandler {
  /**
   * One publication. Between two calls of `handleGap` the flow is unbroken: what comes directly
   * after something else is the next one. `begins`: the generation of the log that begins with it;
   * otherwise offsets of one epoch rise by one. Publications of another log, or stale ones, may come
   * in between: their epochs are not the log's.
   */
  handlePublication(
    channel: string,
    publication: Publication,
    epoch: string,
    begins: Generation | undefined,
  ): void;
  /** Something before the next publication may be missing, and the broker can't say what. */
  handleGap(channel: string): void;
  /** The log was emptied up to this position: nothing before it may be delivered again. */
  handleRemoval(channel: string, upTo: Position): void;
}

export interface PublishOptions {
  /**
   * Publishing again with the same key on the same channel within 5 minutes changes nothing and
   * gives the first answer. The memory broker remembers the last 100,000 keys.
   */
  readonly idempotencyKey?: string;
  /** What goes beside the data in a push: see Publication. Error 107 where it is not on one line. */
  readonly extra?: string;
  /** The publication is kept out of what `readHistory` lists. */
  readonly isTransient?: true;
}

/** How much a channel's log keeps. Whatever limit is reached first counts. */
export interface HistoryLimits {
  readonly historySize: number;
  readonly historyTtlMs: number;
}

/** A channel's limits. The same object for all channels that share them. */
export type LimitsOf = (channel: string) => HistoryLimits;

/**
 * One generation of a channel's log. It ends when the log is gone, or when nobody can prove that the data
 * set it lives in still holds all of it: offsets might be handed out twice.
 */
export interface Generation {
  readonly epoch: string;
  /** The offset of its first publication. What the log has before that is of the generation before. */
  readonly firstOffset: number;
  /**
   * The position in the generation before up to which publishers were answered: whoever has had it, or
   * more, has missed nothing before `firstOffset`. Undefined where nobody knows.
   */
  readonly follows: Position | undefined;
}

/**
 * Part of a channel's log, oldest first. The log ends at `topOffset` in `generation`; before anything was
 * published `topOffset` is one below `firstOffset`. No generation: a wildcard, which has no log.
 */
export interface HistoryPage {
  readonly publications: readonly Publication[];
  /** The age of each publication, in ms, on the clock that the log's TTL counts on. */
  readonly agesMs: readonly number[];
  readonly topOffset: number;
  readonly generation: Generation | undefined;
}

/** A page of the log ends where its data and what goes beside it have more UTF-8 bytes than this, after one publication at least. */
export const MAX_PAGE_BYTES = 1_048_576;

/** An idle channel's offset and epoch are kept this long: far longer than its log, or positions would lie. */
export function offsetTtlMs({ historyTtlMs }: HistoryLimits): number {
  return Math.max(24 * 3_600_000, historyTtlMs * 144);
}

/**
 * The epoch of empty logs changes this often, which is before a log that began in it is forgotten:
 * in one epoch, no log begins twice.
 */
export const EMPTY_EPOCH_TTL_MS = 12 * 3_600_000;

/** For how long an idempotency key is remembered. */
export const IDEMPOTENCY_TTL_MS = 300_000;

/**
 * Takes publications in and hands them to whoever subscribed, here or in another process.
 *
 * Order: a channel's offsets rise by one, and handlers receive them in that order. Channels are
 * independent. Delivery: at most once while subscribed; what the broker cannot vouch for it says
 * by `handleGap`, and the log (`history`) has the missing part. Atomicity: when `publish` resolves,
 * the publication is in the log and on its way; when it rejects with a temporary ProtocolError it
 * may still have happened, so a retry carries an idempotency key. Publications of one channel take
 * effect in the order of the calls.
 */
export interface Broker {
  /** What stands in the way of publishing and listening, as a sentence. */
  readonly fault: BrokerFault;
  /** Appends to the channel's log and tells the subscribers. Resolves with its position. */
  publish(channel: string, data: JsonLine, options?: PublishOptions): Promise<Position>;
  /**
   * Resolves once every later publication reaches the handler. One handler per channel: the caller
   * counts its own listeners. Rejects while the broker is away; the caller tries again.
   *
   * A wildcard, `sports:*`, is a channel of everything that is published to its namespace, each with
   * its channel's name beside its data. It has no log: offsets and epoch are of this subscription, a
   * gap begins another epoch, and what was missed is gone. A later handler begins anew.
   */
  subscribe(channel: string, handler: BrokerHandler): Promise<void>;
  /** Resolves once the handler hears nothing more. Also ends a subscribe that is under way. */
  unsubscribe(channel: string): Promise<void>;
  /**
   * Up to `limit` publications after `sinceOffset` that the log still has; 0 is before the oldest.
   * A page ends early at MAX_PAGE_BYTES. Asking also keeps an idle channel's offset and epoch alive.
   * All logs without a publication share an epoch, in which the first one begins a channel's log:
   * asking for a channel leaves nothing behind.
   */
  history(channel: string, sinceOffset: number, limit: number): Promise<HistoryPage>;
  /** Empties the channel's log; its offset and epoch stay. Subscribers are told. */
  removeHistory(channel: string): Promise<void>;
  /** Lets go of everything. Nothing may be called afterwards. */
  close(): Promise<void>;
}
