import type { PresenceHandler } from '../presence.js';
import { notifyChange } from '../presence-text.js';
import type { RedisLink } from './redis-link.js';

interface Watch {
  readonly handler: PresenceHandler;
  /** Redis has confirmed it, and the client library will make it anew after a cut. */
  isConfirmed: boolean;
}

/** Who watches which channel's members, over pub/sub: what comes while Redis is away is missed. */
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

  /** While Redis is away it is remembered. */
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
      // Made when Redis is back.
    }
  }

  #resume(): void {
    for (const [channel, watch] of this.#watches) {
      if (!watch.isConfirmed) void this.#subscribe(channel, watch);
    }
  }

  /** One that fails while Redis is away leaves the subscription to come back: see `#receive`. */
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
