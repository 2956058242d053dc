import type { Publication } from '@newswire/protocol';
import { type BrokerHandler, type Generation, fromPublicationText } from '@newswire/broker';
import type { RedisLink } from './redis-link.js';

/** One call of `subscribe`. Two calls with the same channel and handler differ. */
interface TopicSubscription {
  readonly channel: string;
  readonly handler: BrokerHandler;
  /** Whether Redis has confirmed it. Earlier messages may belong to an earlier subscription. */
  isConfirmed: boolean;
}

const FIRST = '!'.charCodeAt(0);
const REMOVED = '~'.charCodeAt(0);

/**
 * Live publications over pub/sub. After a reconnect, the client library subscribes again by itself,
 * and messages may arrive before it reports this. Those messages are ignored, because the log has
 * them: no publication may follow missing ones before `handleGap` reports the gap.
 */
export class RedisSubscriptions {
  readonly #link: RedisLink;
  /** By topic, so that the channel's name is not extracted from it for every message. */
  readonly #subscriptions = new Map<string, TopicSubscription>();
  readonly #leaving = new Set<string>();
  readonly #handleMessage: (message: string, topic: string) => void;
  #isUnbroken: boolean;

  constructor(link: RedisLink) {
    this.#link = link;
    this.#handleMessage = link.guarded((message, topic) => this.#receive(message, topic));
    this.#isUnbroken = link.subscriber.isReady;
    link.subscriber.on('ready', () => this.#resume());
    link.subscriber.on('error', () => this.#handleFault());
  }

  /**
   * The client library keeps the SUBSCRIBE and UNSUBSCRIBE commands of a channel in order, however
   * fast they follow one another, as long as both name the same listener.
   */
  async subscribe(channel: string, handler: BrokerHandler): Promise<void> {
    const subscription: TopicSubscription = { channel, handler, isConfirmed: false };
    const topic = this.#link.names.topic(channel);
    this.#subscriptions.set(topic, subscription);
    try {
      await this.#link.subscriber.subscribe(topic, this.#handleMessage);
      subscription.isConfirmed = true;
    } catch (error) {
      // Only this call's subscription: the channel may have been left and joined again in the
      // meantime.
      if (this.#subscriptions.get(topic) === subscription) this.#subscriptions.delete(topic);
      throw error;
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    const topic = this.#link.names.topic(channel);
    this.#subscriptions.delete(topic);
    this.#leaving.add(topic);
    try {
      await this.#link.subscriber.unsubscribe(topic, this.#handleMessage);
    } finally {
      this.#leaving.delete(topic);
    }
  }

  async close(): Promise<void> {
    const topics = [...this.#subscriptions.keys()];
    this.#subscriptions.clear();
    if (topics.length === 0 || this.#link.fault !== undefined) return;
    await this.#link.subscriber.unsubscribe(topics, this.#handleMessage);
  }

  /** If an unsubscribe failed while Redis was away, the subscription came back. */
  #leaveAgain(topic: string): void {
    if (this.#leaving.has(topic)) return;
    this.unsubscribe(this.#link.names.channelOfTopic(topic)).catch(() => undefined);
  }

  /**
   * A fault that does not end the connection, such as an unexpected answer, may have lost messages.
   */
  #handleFault(): void {
    this.#isUnbroken = false;
    if (this.#link.subscriber.isReady) this.#resume();
  }

  #resume(): void {
    this.#isUnbroken = true;
    for (const { channel, handler, isConfirmed } of this.#subscriptions.values()) {
      if (isConfirmed) handler.handleGap(channel);
    }
  }

  #receive(message: string, topic: string): void {
    const subscription = this.#subscriptions.get(topic);
    if (subscription === undefined) return this.#leaveAgain(topic);
    if (!this.#isUnbroken || !subscription.isConfirmed) return;
    const received = parseMessage(message);
    if (received === undefined) return;
    const { channel, handler } = subscription;
    const { publication, epoch, begins, isRemoval } = received;
    const { offset } = publication;
    if (isRemoval) handler.handleRemoval(channel, { offset, epoch });
    else handler.handlePublication(channel, publication, epoch, begins);
  }
}

/** A publication or, with `isRemoval`, the position up to which the log was emptied. */
export interface Message {
  readonly publication: Publication;
  readonly epoch: string;
  readonly begins: Generation | undefined;
  readonly isRemoval: boolean;
}

/**
 * A message is `<offset> <epoch> <publication>`. The first publication of a generation has `!`
 * after the epoch, or `:<offset>:<epoch>!` with the position that the generation follows; a removal
 * has `~`. Undefined if the message does not have this form.
 */
export function parseMessage(message: string): Message | undefined {
  const offsetEnd = message.indexOf(' ');
  const wordEnd = message.indexOf(' ', offsetEnd + 1);
  const offset = Number(message.slice(0, offsetEnd));
  if (wordEnd < 0 || !Number.isSafeInteger(offset)) return undefined;
  const mark = message.charCodeAt(wordEnd - 1);
  const isRemoval = mark === REMOVED;
  const isMarked = isRemoval || mark === FIRST;
  const word = message.slice(offsetEnd + 1, isMarked ? wordEnd - 1 : wordEnd);
  const begins = mark === FIRST ? parseGeneration(word, offset) : undefined;
  const publication = fromPublicationText(offset, message.slice(wordEnd + 1));
  return { publication, epoch: begins?.epoch ?? word, begins, isRemoval };
}

function parseGeneration(word: string, firstOffset: number): Generation {
  const [epoch = '', offset = '', followedEpoch] = word.split(':');
  const follows =
    followedEpoch === undefined ? undefined : { offset: Number(offset), epoch: followedEpoch };
  return { epoch, firstOffset, follows };
}
