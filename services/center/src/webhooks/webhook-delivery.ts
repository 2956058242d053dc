import { setTimeout as delay } from 'node:timers/promises';
import type { EventQueue, QueuedEvent } from '@newswire/broker';
import { backoffMs, type BackoffOptions } from '@newswire/runtime';
import type { WebhookSender } from './webhook-sender.js';

/** The most events in a request. */
const MAX_EVENTS = 256;

/** How long an empty queue is left alone. */
const POLL_MS = 100;

const RETRY_BACKOFF: BackoffOptions = { minMs: 500, maxMs: 30_000 };

export interface WebhookDeliveryOptions {
  readonly queue: Pick<EventQueue, 'read' | 'remove'>;
  /** The queue's name. */
  readonly name: string;
  /** Returns the body of a request; undefined if none of the events is to be sent. */
  readonly format: (events: readonly QueuedEvent[]) => string | undefined;
  readonly sender: Pick<WebhookSender, 'send'>;
  /** Whether this process is the consumer of the queues. */
  readonly isConsumer: () => boolean;
  readonly onDelivered: (count: number) => void;
  /** The receiver did not accept a request. It is repeated. */
  readonly onRefused: (error: unknown) => void;
  /** The queue cannot be read. It is tried again. */
  readonly onQueueFailure: (error: unknown) => void;
  /** Called with the number of events that wait. */
  readonly onLength?: (length: number) => void;
  /** Default: 0.5 to 30 s. */
  readonly backoff?: BackoffOptions;
}

/**
 * Delivers the events of a queue, in its order: one request at a time, which is repeated until the
 * receiver has accepted it. Only then are its events removed from the queue.
 */
export class WebhookDelivery {
  readonly #options: WebhookDeliveryOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(options: WebhookDeliveryOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Ends the current request. Its events stay in the queue. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { backoff = RETRY_BACKOFF, isConsumer, onQueueFailure } = this.#options;
    for (let refusals = 0; !this.#stop.signal.aborted;) {
      const outcome = isConsumer() ? await this.#deliverOnce().catch(onQueueFailure) : 'empty';
      refusals = outcome === 'refused' ? refusals + 1 : 0;
      if (outcome === 'delivered') continue;
      await this.#wait(outcome === 'refused' ? backoffMs(refusals - 1, backoff) : POLL_MS);
    }
  }

  async #deliverOnce(): Promise<'delivered' | 'refused' | 'empty'> {
    const { queue, name, format, sender, onDelivered, onRefused, onLength } = this.#options;
    const { events, length } = await queue.read(name, MAX_EVENTS);
    onLength?.(length);
    if (events.length === 0) return 'empty';
    const body = format(events);
    if (body !== undefined) {
      try {
        await sender.send(body, this.#stop.signal);
      } catch (error) {
        if (!this.#stop.signal.aborted) onRefused(error);
        return 'refused';
      }
      onDelivered(events.length);
    }
    await queue.remove(
      name,
      events.map(({ id }) => id),
    );
    return 'delivered';
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#stop;
    await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
