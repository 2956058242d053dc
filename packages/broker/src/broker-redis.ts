import { ProtocolError, type JsonLine, type Position, type Publication } from '@newswire/protocol';
import {
  IDEMPOTENCY_TTL_MS,
  offsetTtlMs,
  type Broker,
  type BrokerFault,
  type BrokerHandler,
  type HistoryLimits,
  type HistoryPage,
  type PublishOptions,
} from './broker.js';
import { newEpoch } from './epoch.js';
import type { RedisLink } from './redis-link.js';
import { RedisScript } from './redis-script.js';

export interface RedisBrokerOptions extends HistoryLimits {
  /** A request that Redis has not answered by then fails, in ms. */
  readonly publishTimeoutMs: number;
}

/**
 * Channels in Redis: a stream for the log, a hash for offset and epoch, pub/sub for the live flow.
 * Keys are `nw:{channel}:…`, so a channel's keys share a cluster slot. Closing it leaves the link
 * open: others may share it.
 */
export class RedisBroker implements Broker {
  readonly #link: RedisLink;
  readonly #options: RedisBrokerOptions;
  readonly #publish = new RedisScript('publish.lua');
  readonly #history = new RedisScript('history.lua');
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #leaving = new Set<string>();
  readonly #handleMessage: (message: string, topic: string) => void;

  constructor(link: RedisLink, options: RedisBrokerOptions) {
    this.#link = link;
    this.#options = options;
    this.#handleMessage = link.guarded((message, topic) => this.#hear(message, topic));
    link.subscriber.on('ready', () => this.#handleReady());
  }

  async publish(
    channel: string,
    data: JsonLine,
    { idempotencyKey }: PublishOptions = {},
  ): Promise<Position> {
    const keys = logKeys(channel);
    if (idempotencyKey) keys.push(`nw:{${channel}}:key:${idempotencyKey}`);
    const { historySize, historyTtlMs } = this.#options;
    const offsetTtl = offsetTtlMs(this.#options);
    const args = [topicOf(channel), data, newEpoch(), historySize, historyTtlMs, offsetTtl];
    const reply = await this.#run(this.#publish, keys, [...args, IDEMPOTENCY_TTL_MS]);
    const [offset, epoch] = reply as [number, string];
    return { offset, epoch };
  }

  /**
   * The client library keeps a channel's SUBSCRIBE and UNSUBSCRIBE in order, however fast they
   * follow one another, as long as both name the same listener.
   */
  async subscribe(channel: string, handler: BrokerHandler): Promise<void> {
    const subscription: Subscription = { handler };
    this.#subscriptions.set(channel, subscription);
    try {
      await this.#link.subscriber.subscribe(topicOf(channel), this.#handleMessage);
    } catch (error) {
      // Only its own: the channel may have been left and joined again meanwhile.
      if (this.#subscriptions.get(channel) === subscription) this.#subscriptions.delete(channel);
      throw error;
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#subscriptions.delete(channel);
    this.#leaving.add(channel);
    try {
      await this.#link.subscriber.unsubscribe(topicOf(channel), this.#handleMessage);
    } finally {
      this.#leaving.delete(channel);
    }
  }

  async history(channel: string, sinceOffset: number, limit: number): Promise<HistoryPage> {
    const args = [sinceOffset, limit, this.#options.historyTtlMs];
    const reply = await this.#run(this.#history, logKeys(channel), args);
    const [offset, epoch, page] = reply as [number, string | null, (number | string)[]];
    const publications: Publication[] = [];
    for (let i = 0; i < page.length; i += 2) {
      publications.push({ offset: Number(page[i]), data: String(page[i + 1]) });
    }
    return { publications, top: { offset, epoch: epoch ?? '' } };
  }

  fault(): BrokerFault {
    return this.#link.fault();
  }

  async close(): Promise<void> {
    const topics = [...this.#subscriptions.keys()].map(topicOf);
    this.#subscriptions.clear();
    if (topics.length === 0 || this.#link.fault() !== undefined) return;
    await this.#link.subscriber.unsubscribe(topics, this.#handleMessage);
  }

  async #run(script: RedisScript, keys: string[], args: (string | number)[]): Promise<unknown> {
    const reply = script.run(this.#link.commands, keys, args);
    try {
      return await withTimeout(reply, this.#options.publishTimeoutMs);
    } catch (error) {
      throw toProtocolError(error);
    }
  }

  /** An unsubscribe that failed while Redis was away left the subscription to come back. */
  #leaveAgain(channel: string): void {
    if (!this.#leaving.has(channel)) this.unsubscribe(channel).catch(() => undefined);
  }

  /** The client library subscribes again by itself; what came in between did not reach us. */
  #handleReady(): void {
    for (const [channel, { handler }] of this.#subscriptions) handler.handleGap(channel);
  }

  #hear(message: string, topic: string): void {
    const channel = topic.slice(TOPIC_PREFIX.length, -1);
    const handler = this.#subscriptions.get(channel)?.handler;
    if (handler === undefined) return this.#leaveAgain(channel);
    const offsetEnd = message.indexOf(' ');
    const epochEnd = message.indexOf(' ', offsetEnd + 1);
    const offset = Number(message.slice(0, offsetEnd));
    if (epochEnd < 0 || !Number.isSafeInteger(offset)) return; // not published by us
    const epoch = message.slice(offsetEnd + 1, epochEnd);
    handler.handlePublication(channel, { offset, data: message.slice(epochEnd + 1) }, epoch);
  }
}

/** One call of `subscribe`, told apart from another for the same channel and handler. */
interface Subscription {
  readonly handler: BrokerHandler;
}

const TOPIC_PREFIX = 'nw:{';

function topicOf(channel: string): string {
  return `${TOPIC_PREFIX}${channel}}`;
}

function logKeys(channel: string): string[] {
  return [`nw:{${channel}}:meta`, `nw:{${channel}}:log`];
}

/** The request may still take effect after its time is up: it can't be called back. */
function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new ProtocolError('internal', 'Redis did not answer in time')),
      timeoutMs,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function toProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const isReply = error instanceof Error && /^[A-Z]+ /.test(error.message);
  const detail = isReply ? `Redis answered: ${error.message}` : 'Redis is away, try again';
  return Object.assign(new ProtocolError('internal', detail), { cause: error });
}
