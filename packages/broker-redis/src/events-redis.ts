import {
  EVENT_DEFAULTS,
  type EventBatch,
  type EventBatchAnswer,
  type EventPage,
  type EventStore,
  type EventStoreOptions,
  newEpoch,
  type QueuedEvent,
  toOccupancyText,
} from '@newswire/broker';
import { redisIsAway, toProtocolError, withTimeout } from './redis-faults.js';
import type { RedisLink } from './redis-link.js';
import { RedisScript } from './redis-script.js';

export interface RedisEventsOptions extends EventStoreOptions {
  /** The duration of an edge's lease, in ms. */
  readonly presenceLeaseMs: number;
  /** A request fails if Redis has not answered within this time, in ms. */
  readonly publishTimeoutMs: number;
}

/** How long a center that no longer sweeps stays the consumer of the queues, in ms. */
const CONSUMER_LEASE_MS = 5000;

/**
 * The events for webhooks in Redis: lua/events.lua describes the keys. Nothing is sent to Redis before
 * a method is called. After Redis was away, no lease and no grace ends for the length of a lease,
 * because the edges may not have reported what happened in the meantime.
 */
export class RedisEvents implements EventStore {
  readonly #link: RedisLink;
  readonly #options: RedisEventsOptions & typeof EVENT_DEFAULTS;
  readonly #write = new RedisScript('events.lua', 'events-write.lua');
  readonly #sweep = new RedisScript('events.lua', 'events-sweep.lua');
  readonly #remove = new RedisScript('events-remove.lua');
  readonly #consumer = newEpoch();
  #sweepFromMs = Infinity;

  constructor(link: RedisLink, options: RedisEventsOptions) {
    const { webhookGraceMs, webhookQueueSize } = options;
    this.#link = link;
    this.#options = {
      ...options,
      webhookGraceMs: webhookGraceMs ?? EVENT_DEFAULTS.webhookGraceMs,
      webhookQueueSize: webhookQueueSize ?? EVENT_DEFAULTS.webhookQueueSize,
    };
    const handleUp = () => (this.#sweepFromMs = performance.now() + options.presenceLeaseMs);
    link.onUp(handleUp);
    if (link.fault === undefined) handleUp();
  }

  async write({ edge, number, isFirst, operations }: EventBatch): Promise<EventBatchAnswer> {
    const { presenceLeaseMs, webhookQueueSize } = this.#options;
    const args = [
      edge,
      String(presenceLeaseMs),
      String(number),
      isFirst ? '1' : '0',
      String(webhookQueueSize),
      ...operations.flat(),
    ];
    return (await this.#run(this.#write, this.#keys, args)) as EventBatchAnswer;
  }

  async sweep(): Promise<boolean> {
    const { webhookGraceMs, presenceLeaseMs, webhookQueueSize } = this.#options;
    const { names } = this.#link;
    const args = [
      this.#consumer,
      String(CONSUMER_LEASE_MS),
      String(webhookGraceMs),
      String(presenceLeaseMs),
      String(webhookQueueSize),
      performance.now() >= this.#sweepFromMs ? '1' : '0',
    ];
    const keys = [...this.#keys, names.eventKey('consumer'), names.eventKey('ending')];
    return (await this.#run(this.#sweep, keys, args)) === 1;
  }

  async read(queue: string, limit: number): Promise<EventPage> {
    const key = this.#queueKey(queue);
    const { commands, identity } = this.#link;
    if (identity === undefined) throw redisIsAway();
    const reply = Promise.all([
      commands.sendCommand(['XRANGE', key, '-', '+', 'COUNT', String(limit)]),
      commands.sendCommand(['XLEN', key]),
    ]);
    const [entries, length] = (await this.#settle(reply)) as [StreamEntry[], number];
    return { events: entries.map(toQueuedEvent), length };
  }

  async remove(queue: string, ids: readonly string[]): Promise<void> {
    const [first] = ids;
    if (first === undefined) return;
    await this.#run(this.#remove, [this.#queueKey(queue)], [String(ids.length), first]);
  }

  get #keys(): string[] {
    const { names } = this.#link;
    return [
      names.eventKey('edges'),
      names.eventKey('channels'),
      names.eventKey('due'),
      names.eventKey(),
    ];
  }

  #queueKey(queue: string): string {
    return `${this.#link.names.eventKey()}:queue:${queue}`;
  }

  async #run(script: RedisScript, keys: string[], args: string[]): Promise<unknown> {
    const { commands, identity } = this.#link;
    if (identity === undefined) throw redisIsAway();
    return this.#settle(script.run(commands, keys, args));
  }

  async #settle(reply: Promise<unknown>): Promise<unknown> {
    try {
      return await withTimeout(reply, this.#options.publishTimeoutMs);
    } catch (error) {
      this.#link.handleRefusals([error]);
      throw toProtocolError(error);
    }
  }
}

type StreamEntry = readonly [id: string, fields: readonly string[]];

function toQueuedEvent([id, [name, value = '', , timeMs]]: StreamEntry): QueuedEvent {
  if (name === 'e') return { id, text: value };
  return { id, text: toOccupancyText(name === 'o', value, Number(timeMs)) };
}
