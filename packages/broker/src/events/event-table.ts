import { newEpoch } from '../broker.js';
import {
  EVENT_DEFAULTS,
  type EventBatch,
  type EventBatchAnswer,
  type EventPage,
  type EventStore,
  type EventStoreOptions,
  type QueuedEvent,
  toOccupancyText,
} from './events.js';

/** The most edges whose end is remembered. */
const MAX_ENDED = 1000;

interface OccupiedChannel {
  readonly queue: string;
  /** The edges on which it has subscribers. */
  readonly edges: Set<string>;
  /** The last event that its queue got is `channel_occupied`. */
  isAnnounced: boolean;
}

interface WritingEdge {
  readonly channels: Set<string>;
  lastNumber: number;
}

export interface EventTableOptions extends EventStoreOptions {
  /** ms since 1970. */
  readonly now?: () => number;
}

/** The events for webhooks in memory. An edge is there until `endEdge`. */
export class EventTable implements EventStore {
  readonly #graceMs: number;
  readonly #queueSize: number;
  readonly #now: () => number;
  readonly #channels = new Map<string, OccupiedChannel>();
  readonly #edges = new Map<string, WritingEdge>();
  readonly #ended = new Set<string>();
  /** Channels whose queue lacks an event, and since when. */
  readonly #due = new Map<string, number>();
  readonly #queues = new Map<string, QueuedEvent[]>();
  /** Ids must differ from those of an earlier process. */
  readonly #idPrefix = newEpoch();
  #lastId = 0;

  constructor({
    webhookGraceMs = EVENT_DEFAULTS.webhookGraceMs,
    webhookQueueSize = EVENT_DEFAULTS.webhookQueueSize,
    now = Date.now,
  }: EventTableOptions = {}) {
    this.#graceMs = webhookGraceMs;
    this.#queueSize = webhookQueueSize;
    this.#now = now;
  }

  async write({ edge, number, isFirst, operations }: EventBatch): Promise<EventBatchAnswer> {
    if (this.#ended.has(edge)) return 'ended';
    let writing = this.#edges.get(edge);
    if (writing === undefined) {
      if (!isFirst) return 'lost';
      this.#edges.set(edge, (writing = { channels: new Set(), lastNumber: 0 }));
    }
    if (writing.lastNumber >= number) return 0;
    writing.lastNumber = number;
    let dropped = 0;
    for (const [sign, subject, queue] of operations) {
      if (sign === 'e') dropped += this.#append(queue, subject) ? 0 : 1;
      else if (sign === '-') this.#leave(edge, writing, subject);
      else this.#occupy(edge, writing, subject, queue, sign === '=');
    }
    return dropped;
  }

  async sweep(): Promise<boolean> {
    const nowMs = this.#now();
    for (const [name, sinceMs] of this.#due) {
      const channel = this.#channels.get(name);
      const isOccupied = channel !== undefined && channel.edges.size > 0;
      if (!isOccupied && nowMs - sinceMs < this.#graceMs) continue;
      if (channel === undefined || this.#announce(name, channel, isOccupied))
        this.#due.delete(name);
      if (channel?.edges.size === 0 && !channel.isAnnounced) this.#channels.delete(name);
    }
    return true;
  }

  async read(queue: string, limit: number): Promise<EventPage> {
    const events = this.#queues.get(queue) ?? [];
    return { events: events.slice(0, limit), length: events.length };
  }

  async remove(queue: string, ids: readonly string[]): Promise<void> {
    const removed = new Set(ids);
    const left = (this.#queues.get(queue) ?? []).filter(({ id }) => !removed.has(id));
    if (left.length === 0) this.#queues.delete(queue);
    else this.#queues.set(queue, left);
  }

  /** The edge is lost: its channels count as left. */
  endEdge(edge: string): void {
    const writing = this.#edges.get(edge);
    if (writing === undefined) return;
    for (const channel of writing.channels) this.#leave(edge, writing, channel);
    this.#edges.delete(edge);
    this.#ended.add(edge);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #occupy(edge: string, writing: WritingEdge, name: string, queue: string, isKnown: boolean): void {
    writing.channels.add(name);
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      this.#channels.set(name, (channel = { queue, edges: new Set(), isAnnounced: isKnown }));
    }
    channel.edges.add(edge);
    if (channel.isAnnounced || this.#announce(name, channel, true)) this.#due.delete(name);
    else this.#due.set(name, this.#now());
  }

  #leave(edge: string, writing: WritingEdge, name: string): void {
    writing.channels.delete(name);
    const channel = this.#channels.get(name);
    if (channel?.edges.delete(edge) !== true || channel.edges.size > 0) return;
    if (channel.isAnnounced) this.#due.set(name, this.#now());
    else {
      this.#due.delete(name);
      this.#channels.delete(name);
    }
  }

  /** Returns false if the queue has no room. */
  #announce(name: string, channel: OccupiedChannel, isOccupied: boolean): boolean {
    if (channel.isAnnounced === isOccupied) return true;
    const text = toOccupancyText(isOccupied, name, this.#now());
    if (!this.#append(channel.queue, text)) return false;
    channel.isAnnounced = isOccupied;
    return true;
  }

  #append(queue: string, text: string): boolean {
    let events = this.#queues.get(queue);
    if (events === undefined) this.#queues.set(queue, (events = []));
    if (events.length >= this.#queueSize) return false;
    events.push({ id: `${this.#idPrefix}-${++this.#lastId}`, text });
    return true;
  }
}
