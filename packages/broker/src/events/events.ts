/**
 * One change on an edge, of a channel or of a client.
 *
 * - `+ channel queue`: the channel has its first subscriber on this edge. If it had none on any edge,
 *   the queue gets `channel_occupied`.
 * - `= channel queue`: the same, but it was reported before to a store that has lost it: no event.
 * - `- channel`: the channel has no subscriber on this edge any more.
 * - `e text queue`: an event of a client, as the JSON text of an object. It is appended to the queue.
 */
export type EventOperation = readonly [sign: '+' | '=' | '-' | 'e', subject: string, queue: string];

/** Changes on one edge, in the order in which they happened. */
export interface EventBatch {
  /** A name that this edge has not used before a store reported it as lost or ended. */
  readonly edge: string;
  /** 1, 2, 3…, by edge. A batch that is written again keeps its number and has no effect. */
  readonly number: number;
  /** The edge has no occupied channel in the store. */
  readonly isFirst: boolean;
  /** Empty: only renews the edge's lease. */
  readonly operations: readonly EventOperation[];
}

/**
 * The number of client events that were dropped because the queue is full; or `lost`: the store has
 * nothing of this edge, or `ended`: its lease ran out and its channels count as left. In both cases
 * nothing was written.
 */
export type EventBatchAnswer = number | 'lost' | 'ended';

/** The edges' side of the events for webhooks. */
export interface EventWriter {
  /**
   * Writes a batch. Rejects if the store is away, or has not answered in time: the batch may then have
   * been written, and is written again with the same number.
   */
  write(batch: EventBatch): Promise<EventBatchAnswer>;
}

/** An event for webhooks: the JSON text of an object with at least `type` and `time`. */
export interface QueuedEvent {
  /** Unique among all events. Reading an event again returns the same id. */
  readonly id: string;
  readonly text: string;
}

/** The oldest events of a queue, and how many it has in all. */
export interface EventPage {
  readonly events: readonly QueuedEvent[];
  readonly length: number;
}

/**
 * Center's side of the events for webhooks. Each queue is in the order of the writes: the events of a
 * channel are in order. An event stays until it is removed.
 */
export interface EventQueue {
  /**
   * Ends the leases of lost edges, and appends `channel_vacated` for each channel that has had no
   * subscriber on any edge for the grace period. While a queue is full, its channels' events wait.
   * Returns false while another process is the consumer; then the queues must not be read.
   */
  sweep(): Promise<boolean>;
  /** Up to `limit` events, oldest first. Rejects while the store is away. */
  read(queue: string, limit: number): Promise<EventPage>;
  /** Removes events that `read` returned. */
  remove(queue: string, ids: readonly string[]): Promise<void>;
}

/** Both sides, in one process. */
export interface EventStore extends EventWriter, EventQueue {}

export interface EventStoreOptions {
  /** How long a channel without subscribers counts as occupied, in ms. Default: 5000. */
  readonly webhookGraceMs?: number | undefined;
  /** The most events in a queue. Default: 100,000. */
  readonly webhookQueueSize?: number | undefined;
}

export const EVENT_DEFAULTS = { webhookGraceMs: 5000, webhookQueueSize: 100_000 };

/** The text of the event that a channel has its first subscriber, or has none any more. */
export function toOccupancyText(isOccupied: boolean, channel: string, timeMs: number): string {
  const type = isOccupied ? 'channel_occupied' : 'channel_vacated';
  return JSON.stringify({ type, time: timeMs, channel });
}
