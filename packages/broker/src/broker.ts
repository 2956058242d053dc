import { randomUUID } from 'node:crypto';
import type { JsonLine, Position, Publication } from '@newswire/protocol';

/** Why publishing or subscribing does not work at the moment; undefined while it works. */
export type BrokerFault = string | undefined;

/** Receives the events of one subscribed channel, in the channel's order. */
export interface BrokerHandler {
  /**
   * One publication. Between two calls of `handleGap` the flow is complete: each publication
   * directly follows the previous one. `begins` is set for the first publication of a generation of
   * the log. Otherwise the offset is the previous offset of the same epoch plus one. A handler must
   * ignore publications with an epoch that is not the log's: they are stale, or of another log.
   */
  handlePublication(
    channel: string,
    publication: Publication,
    epoch: string,
    begins: Generation | undefined,
  ): void;
  /** Publications before the next one may be missing. The broker does not know which ones. */
  handleGap(channel: string): void;
  /** The log was emptied up to this position: nothing up to it may be delivered again. */
  handleRemoval(channel: string, upTo: Position): void;
}

export interface PublishOptions {
  /**
   * Publishing again with the same key on the same channel within 5 minutes has no effect and
   * returns the first answer. The memory broker remembers the last 100,000 keys.
   */
  readonly idempotencyKey?: string;
  /**
   * Members that a push carries in addition to the data: see Publication. Error 107 if it has a
   * line break.
   */
  readonly extra?: string;
  /** `readHistory` leaves the publication out. */
  readonly isTransient?: true;
  /**
   * A publication whose version is not above that of the channel's last versioned publication has
   * no effect; `publish` then resolves with the position of the newest publication.
   */
  readonly version?: PublicationVersion | undefined;
}

/** The version of the state that a publication carries. */
export interface PublicationVersion {
  /** 1 or higher. */
  readonly number: number;
  /** Numbers are compared within one epoch. An empty epoch is that of the last publication. */
  readonly epoch: string;
}

/** Whether the state is not newer than the last one. */
export function isOutdated(
  { number, epoch }: PublicationVersion,
  last: PublicationVersion | undefined,
): boolean {
  if (last === undefined) return false;
  return number <= last.number && (epoch === '' || epoch === last.epoch);
}

/** The limits of a channel's log. The limit that is reached first applies. */
export interface HistoryLimits {
  readonly historySize: number;
  readonly historyTtlMs: number;
}

/** Returns a channel's limits. Channels with the same limits get the same object. */
export type LimitsOf = (channel: string) => HistoryLimits;

/**
 * One generation of a channel's log, named by its epoch. It ends when the log is lost, or when
 * nothing proves that its data set still holds the whole log: otherwise offsets might be assigned
 * twice.
 */
export interface Generation {
  readonly epoch: string;
  /**
   * The offset of its first publication. Earlier publications in the log belong to the generation
   * before.
   */
  readonly firstOffset: number;
  /**
   * The position in the generation before up to which publishers received answers. A session that
   * has received everything up to this position has missed nothing before `firstOffset`. Undefined:
   * unknown.
   */
  readonly follows: Position | undefined;
}

/**
 * Part of a channel's log, oldest first. The log ends at `topOffset` in `generation`. Before the
 * first publication, `topOffset` is `firstOffset` minus one. `generation` is undefined for a
 * wildcard without a subscription; a wildcard has no log.
 */
export interface HistoryPage {
  readonly publications: readonly Publication[];
  /** The age of each publication in ms, on the clock that the log's TTL uses. */
  readonly agesMs: readonly number[];
  readonly topOffset: number;
  readonly generation: Generation | undefined;
}

/**
 * Maximum size of a page of the log, in UTF-8 bytes of data and extra members. A page has at least
 * one publication, even a larger one.
 */
export const MAX_PAGE_BYTES = 1_048_576;

/**
 * How long an idle channel's offset and epoch are kept. This is much longer than its log is kept;
 * otherwise an old position could match a new log.
 */
export function offsetTtlMs({ historyTtlMs }: HistoryLimits): number {
  return Math.max(24 * 3_600_000, historyTtlMs * 144);
}

/**
 * The lifetime of the epoch of empty logs. It ends before a log that began in it is forgotten, so
 * that no log begins twice in one epoch.
 */
export const EMPTY_EPOCH_TTL_MS = 12 * 3_600_000;

/** How long an idempotency key is remembered. */
export const IDEMPOTENCY_TTL_MS = 300_000;

/**
 * Accepts publications and delivers them to the subscribers, in this process or in others.
 *
 * Order: a channel's offsets rise by one, and handlers receive publications in that order. Channels
 * are independent. Delivery: at most once while subscribed; if publications may be missing, the
 * broker calls `handleGap`, and the log (`history`) has the missing part. Atomicity: when `publish`
 * resolves, the publication is in the log and on its way to the subscribers; when it rejects with a
 * temporary ProtocolError, the publication may still have taken effect, so a retry must carry an
 * idempotency key. Publications of one channel take effect in the order of the calls.
 */
export interface Broker {
  /** Why publishing and subscribing fail at the moment, as a sentence. */
  readonly fault: BrokerFault;
  /**
   * Appends to the channel's log and sends to the subscribers. Resolves with the publication's
   * position.
   */
  publish(channel: string, data: JsonLine, options?: PublishOptions): Promise<Position>;
  /**
   * Resolves once the handler receives every later publication. One handler per channel: the caller
   * counts its own subscribers. Rejects while the broker is away; the caller then tries again.
   *
   * A wildcard such as `sports:*` is a channel of all publications in its namespace. Each carries
   * the name of its channel in addition to its data. A wildcard has no log: offsets and epoch
   * belong to this subscription, a gap begins a new epoch, and missed publications are lost. A
   * later handler starts with a new epoch.
   */
  subscribe(channel: string, handler: BrokerHandler): Promise<void>;
  /** Resolves once the handler receives no more calls. Also ends a subscribe in progress. */
  unsubscribe(channel: string): Promise<void>;
  /**
   * Up to `limit` publications after `sinceOffset` that are still in the log; 0 is before the
   * oldest. A page ends early at MAX_PAGE_BYTES. The call also keeps an idle channel's offset and
   * epoch alive. All logs without a publication share an epoch, in which a channel's first
   * publication begins its log: reading an empty channel stores nothing for it.
   */
  history(channel: string, sinceOffset: number, limit: number): Promise<HistoryPage>;
  /** Empties the channel's log; its offset and epoch stay. Subscribers are notified. */
  removeHistory(channel: string): Promise<void>;
  /** Releases all resources. No other method may be called afterwards. */
  close(): Promise<void>;
}

/**
 * A name for a new generation of a channel's log: 12 random characters that no earlier generation
 * had. Every publish call makes one, because any of them may begin a generation. randomUUID takes
 * random numbers from a cache, where randomBytes requests new ones for each call.
 */
export function newEpoch(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(9, 13);
}
