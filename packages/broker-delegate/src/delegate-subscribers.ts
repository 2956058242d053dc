import type { Position, Publication } from '@newswire/protocol';
import type { Broker, BrokerHandler, Generation } from '@newswire/broker';

/** The handlers of each channel: many per channel, over a broker that accepts one. */
export class Subscribers implements BrokerHandler {
  readonly #broker: Broker;
  readonly #handlers = new Map<string, Set<BrokerHandler>>();

  /** In this broker, `subscribe` and `unsubscribe` must take effect before they return. */
  constructor(broker: Broker) {
    this.#broker = broker;
  }

  add(channel: string, handler: BrokerHandler): void {
    const handlers = this.#handlers.get(channel);
    if (handlers !== undefined) return void handlers.add(handler);
    this.#handlers.set(channel, new Set([handler]));
    void this.#broker.subscribe(channel, this);
  }

  remove(channel: string, handler: BrokerHandler): void {
    const handlers = this.#handlers.get(channel);
    if (handlers === undefined || !handlers.delete(handler) || handlers.size > 0) return;
    this.#handlers.delete(channel);
    void this.#broker.unsubscribe(channel);
  }

  handlePublication(
    channel: string,
    publication: Publication,
    epoch: string,
    begins: Generation | undefined,
  ): void {
    for (const handler of this.#handlers.get(channel) ?? []) {
      handler.handlePublication(channel, publication, epoch, begins);
    }
  }

  handleGap(channel: string): void {
    for (const handler of this.#handlers.get(channel) ?? []) handler.handleGap(channel);
  }

  handleRemoval(channel: string, upTo: Position): void {
    for (const handler of this.#handlers.get(channel) ?? []) {
      handler.handleRemoval(channel, upTo);
    }
  }
}
