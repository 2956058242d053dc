import { type BrokerHandler, type HistoryPage, NO_PAGE, WildcardFlow } from '@newswire/broker';
import type { RedisLink } from './redis-link.js';
import { parseMessage } from './redis-subscriptions.js';

/** One call of `subscribe`. */
interface WildcardSubscription {
  readonly flow: WildcardFlow;
  readonly listen: (message: string, topic: string) => void;
  /** Whether Redis has confirmed it: from then on, a lost connection is a gap. */
  isConfirmed: boolean;
}

/** All channels of a namespace, over PSUBSCRIBE. */
export class RedisWildcards {
  readonly #link: RedisLink;
  readonly #subscriptions = new Map<string, WildcardSubscription>();
  #isUnbroken: boolean;

  constructor(link: RedisLink) {
    this.#link = link;
    this.#isUnbroken = link.subscriber.isReady;
    link.subscriber.on('ready', () => this.#resume());
    link.subscriber.on('error', () => {
      this.#isUnbroken = false;
      if (link.subscriber.isReady) this.#resume();
    });
  }

  async subscribe(wildcard: string, handler: BrokerHandler): Promise<void> {
    await this.unsubscribe(wildcard);
    const flow = new WildcardFlow(wildcard, handler);
    const listen = this.#link.guarded((message, topic) =>
      this.#receive(subscription, message, topic),
    );
    const subscription: WildcardSubscription = { flow, listen, isConfirmed: false };
    this.#subscriptions.set(wildcard, subscription);
    try {
      await this.#link.subscriber.pSubscribe(this.#link.names.topic(wildcard), listen);
      subscription.isConfirmed = true;
    } catch (error) {
      if (this.#subscriptions.get(wildcard) === subscription) this.#subscriptions.delete(wildcard);
      throw error;
    }
  }

  async unsubscribe(wildcard: string): Promise<void> {
    const subscription = this.#subscriptions.get(wildcard);
    if (subscription === undefined) return;
    this.#subscriptions.delete(wildcard);
    subscription.isConfirmed = false;
    await this.#link.subscriber.pUnsubscribe(this.#link.names.topic(wildcard), subscription.listen);
  }

  page(wildcard: string): HistoryPage {
    return this.#subscriptions.get(wildcard)?.flow.page ?? NO_PAGE;
  }

  async close(): Promise<void> {
    if (this.#link.fault !== undefined) return this.#subscriptions.clear();
    await Promise.all([...this.#subscriptions.keys()].map((each) => this.unsubscribe(each)));
  }

  /** As for channels: after missing publications, none is delivered before the gap is reported. */
  #receive({ flow, isConfirmed }: WildcardSubscription, message: string, topic: string): void {
    if (!this.#isUnbroken || !isConfirmed) return;
    const received = parseMessage(message);
    if (received === undefined || received.isRemoval) return;
    flow.receive(this.#link.names.channelOfTopic(topic), received.publication);
  }

  #resume(): void {
    this.#isUnbroken = true;
    for (const { flow, isConfirmed } of this.#subscriptions.values()) {
      if (isConfirmed) flow.interrupt();
    }
  }
}
