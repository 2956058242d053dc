import { isWildcard, type JsonLine, type Position, type Publication } from '@newswire/protocol';
import {
  MAX_PAGE_BYTES,
  offsetTtlMs,
  type Broker,
  type BrokerFault,
  type BrokerHandler,
  type HistoryPage,
  type LimitsOf,
  type PublishOptions,
  newEpoch,
  fromPublicationText,
  toPublicationText,
} from '@newswire/broker';
import { PublishQueue } from './publish-queue.js';
import { redisIsAway, toProtocolError, withTimeout } from './redis-faults.js';
import type { RedisLink } from './redis-link.js';
import { RedisScript } from './redis-script.js';
import { RedisWildcards } from './redis-wildcards.js';
import { RedisSubscriptions } from './redis-subscriptions.js';

export interface RedisBrokerOptions {
  /**
   * Returns the same object for all channels with equal limits, so that they can share a request.
   */
  readonly getLimits: LimitsOf;
  /** A request fails if Redis has not answered within this time, in ms. */
  readonly publishTimeoutMs: number;
}

/**
 * Channels in Redis: a stream for the log, a hash for offset and epoch, pub/sub for live
 * publications. RedisNames defines the names of the keys. Only one process publishes to a channel:
 * its knowledge of its own publications shows whether a data set has lost some. `close` leaves the
 * link open, because others may share it.
 */
export class RedisBroker implements Broker {
  readonly #link: RedisLink;
  readonly #options: RedisBrokerOptions;
  readonly #queue: PublishQueue;
  readonly #subscriptions: RedisSubscriptions;
  readonly #wildcards: RedisWildcards;
  readonly #history = new RedisScript('first-alive.lua', 'empty-epoch.lua', 'history.lua');
  readonly #remove = new RedisScript('remove.lua');

  constructor(link: RedisLink, options: RedisBrokerOptions) {
    this.#link = link;
    this.#options = options;
    this.#queue = new PublishQueue(link, options);
    this.#subscriptions = new RedisSubscriptions(link);
    this.#wildcards = new RedisWildcards(link);
  }

  get fault(): BrokerFault {
    return this.#link.fault;
  }

  publish(channel: string, data: JsonLine, options: PublishOptions = {}): Promise<Position> {
    try {
      const text = toPublicationText(data, options);
      return this.#queue.add(channel, text, options.idempotencyKey, options.version);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  subscribe(channel: string, handler: BrokerHandler): Promise<void> {
    if (isWildcard(channel)) return this.#wildcards.subscribe(channel, handler);
    return this.#subscriptions.subscribe(channel, handler);
  }

  unsubscribe(channel: string): Promise<void> {
    if (isWildcard(channel)) return this.#wildcards.unsubscribe(channel);
    return this.#subscriptions.unsubscribe(channel);
  }

  async history(channel: string, sinceOffset: number, limit: number): Promise<HistoryPage> {
    if (isWildcard(channel)) return this.#wildcards.page(channel);
    const limits = this.#options.getLimits(channel);
    const ttls = [limits.historyTtlMs, offsetTtlMs(limits)];
    const numbers = [sinceOffset, limit, MAX_PAGE_BYTES, ...ttls];
    const reply = await this.#run(this.#history, channel, (identity) => [
      ...numbers.map(String),
      identity,
      newEpoch(),
    ]);
    return parsePage(reply as HistoryReply);
  }

  async removeHistory(channel: string): Promise<void> {
    this.#queue.flush();
    await this.#run(this.#remove, channel, () => [this.#link.names.topic(channel)]);
  }

  async close(): Promise<void> {
    await this.#wildcards.close();
    await this.#subscriptions.close();
  }

  async #run(
    script: RedisScript,
    channel: string,
    argsFor: (identity: string) => string[],
  ): Promise<unknown> {
    const { identity, commands, names } = this.#link;
    if (identity === undefined) throw redisIsAway();
    const keys = [names.metaKey(channel), names.logKey(channel), names.emptyEpochKey];
    try {
      const reply = script.run(commands, keys, argsFor(identity));
      return await withTimeout(reply, this.#options.publishTimeoutMs);
    } catch (error) {
      this.#link.handleRefusals([error]);
      throw toProtocolError(error);
    }
  }
}

/** See history.lua. */
type HistoryReply = readonly [
  topOffset: number,
  epoch: string,
  firstOffset: number,
  followedEpoch: string | null,
  followedOffset: number | null,
  page: readonly (number | string)[],
];

function parsePage(reply: HistoryReply): HistoryPage {
  const [topOffset, epoch, firstOffset, followedEpoch, followedOffset, page] = reply;
  const publications: Publication[] = [];
  const agesMs: number[] = [];
  for (let i = 0; i < page.length; i += 3) {
    publications.push(fromPublicationText(Number(page[i]), String(page[i + 2])));
    agesMs.push(Number(page[i + 1]));
  }
  const follows =
    followedEpoch === null || followedOffset === null
      ? undefined
      : { offset: followedOffset, epoch: followedEpoch };
  return { publications, agesMs, topOffset, generation: { epoch, firstOffset, follows } };
}
