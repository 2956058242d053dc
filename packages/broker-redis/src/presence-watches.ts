import { type PresenceHandler, notifyChange } from '@newswire/broker';
import type { RedisLink } from './redis-link.js';

interface Watch {
  readonly handler: PresenceHandler;
  /** Redis has confirmed the subscription; the client library renews it after a lost connection. */
  isConfirmed: boolean;
}

/**
 * The watched channels, over pub/sub. Changes that are published while Redis is away are missed.
 */
export class PresenceWatches {
  readonly #link: RedisLink;
  readonly #watches = new Map<string, Watch>();
  readonly #handleMessage: (message: string, topic: string) => void;

  constructor(link: RedisLink) {
    this.#link = link;
    this.#handleMessage = link.guarded((message, topic) => this.#receive(message, topic));
    link.onUp(() => this.#resume());
  }

  get channels(): readonly string[] {
    return [...this.#watches.keys()];
  }

  /** While Redis is away, the watch is remembered. */
  async watch(channel: string, handler: PresenceHandler): Promise<void> {
    const isConfirmed = this.#watches.get(channel)?.isConfirmed === true;
    const watch: Watch = { handler, isConfirmed };
    this.#watches.set(channel, watch);
    if (!isConfirmed) await this.#subscribe(channel, watch);
  }

  async unwatch(channel: string): Promise<void> {
    if (this.#watches.delete(channel)) await this.#leave(this.#link.names.presenceTopic(channel));
  }

  async close(): Promise<void> {
    await Promise.all(this.channels.map((channel) => this.unwatch(channel)));
  }

  async #subscribe(channel: string, watch: Watch): Promise<void> {
    try {
      await this.#link.subscriber.subscribe(
        this.#link.names.presenceTopic(channel),
        this.#handleMessage,
      );
      watch.isConfirmed = true;
    } catch {
      // The subscription is made when Redis is back.
    }
  }

  #resume(): void {
    for (const [channel, watch] of this.#watches) {
      if (!watch.isConfirmed) void this.#subscribe(channel, watch);
    }
  }

  /** If this fails while Redis is away, the subscription comes back later: see `#receive`. */
  async #leave(topic: string): Promise<void> {
    await this.#link.subscriber.unsubscribe(topic, this.#handleMessage).catch(() => undefined);
  }

  #receive(message: string, topic: string): void {
    const channel = this.#link.names.channelOfPresenceTopic(topic);
    const watch = this.#watches.get(channel);
    if (watch === undefined) return void this.#leave(topic);
    for (const change of message.split('\n')) notifyChange(watch.handler, channel, change);
  }
}
