import type { Broker } from '@newswire/broker';
import { toRingPublication } from './ring.js';
import type { LiveChannel } from './live-channel.js';
import type { Subscription } from './subscription.js';
import { isInconclusive, type LogPage } from './log-follower.js';

export interface LogReaderOptions {
  /** Repeats `act` until it succeeds or is no longer wanted. */
  readonly retry: (act: () => Promise<void>, isStillWanted: () => boolean) => Promise<boolean>;
  readonly now: () => number;
  /** Called for each read of the broker's log. */
  readonly onRead: () => void;
  /** The channel follows the live flow again, and may have more to flush. */
  readonly onProgress: (channel: LiveChannel) => void;
  /** The next publications are lost. The channel then continues at the log's end. */
  readonly onLost: (channel: LiveChannel) => void;
  /** The read that the subscription waited for is done. */
  readonly onOlder: (channel: LiveChannel, subscription: Subscription) => void;
  /**
   * Resolves when pending publications have been sent, so that a large gap does not fill the
   * memory.
   */
  readonly flushed: (channel: LiveChannel) => Promise<void>;
}

/** How many publications a page has at most. */
const PAGE_SIZE = 1000;

/**
 * The first session to return is seldom the one furthest behind: a read begins this many
 * publications earlier, for the others.
 */
const READ_MARGIN = 100;

/**
 * Reads the broker's log for the edge's channels. Older publications of a channel are read by one
 * read at a time, shared by all subscriptions that wait for them.
 */
export class LogReader {
  readonly #broker: Broker;
  readonly #options: LogReaderOptions;
  readonly #readers = new Map<LiveChannel, Set<Subscription>>();

  constructor(broker: Broker, options: LogReaderOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  /** Reads from the channel's position on, until the channel follows the live flow. */
  async follow(channel: LiveChannel, isStillWanted: () => boolean): Promise<void> {
    const { follower, log } = channel;
    while (isStillWanted()) {
      follower.beginRead();
      const page = await (log.isOpen
        ? this.#read(channel, follower.readFrom, PAGE_SIZE)
        : this.#readFirst(channel));
      if (!isStillWanted()) return;
      let continuity = follower.take(page, channel.keepFrom);
      if (continuity === 'lost') {
        this.#options.onLost(channel);
        if (!isStillWanted()) return;
        continuity = follower.giveUp(page);
        channel.skipToEnd();
      }
      if (continuity === 'live') return this.#options.onProgress(channel);
      await this.#options.flushed(channel);
    }
  }

  /** Compares a channel's position with the log's end: false if the log continues after it. */
  async isUpToDate({ name, log }: LiveChannel): Promise<boolean> {
    const page = await this.#broker.history(name, log.position.offset, 0);
    const { topOffset, generation } = page;
    const { epoch, offset } = log.position;
    if (generation === undefined || isInconclusive(page, epoch) || log.isOver(generation.epoch))
      return true;
    return generation.epoch === epoch && topOffset <= offset;
  }

  /**
   * The subscription needs publications older than the ring: calls `onOlder` once they have been
   * read.
   */
  readOlder(channel: LiveChannel, subscription: Subscription): void {
    const readers = this.#readers.get(channel);
    if (readers !== undefined) return void readers.add(subscription);
    this.#readers.set(channel, new Set([subscription]));
    void this.#options.retry(
      () => this.#readForAll(channel),
      () => this.#readers.has(channel),
    );
  }

  /** The subscription has ended. */
  forget(channel: LiveChannel, subscription: Subscription): void {
    this.#readers.get(channel)?.delete(subscription);
  }

  async #readForAll(channel: LiveChannel): Promise<void> {
    const { log } = channel;
    const readers = this.#readers.get(channel) ?? new Set();
    const cursor = Math.min(...[...readers].map(neededCursor));
    const since = cursor === Infinity ? undefined : log.readFrom(cursor);
    if (since !== undefined) {
      const page = await this.#readAround(channel, since);
      // During the read, the log may have been removed or restarted.
      if (log.readFrom(cursor) === since) log.addOlder(cursor, page.publications);
    }
    this.#readers.delete(channel);
    for (const reader of readers) this.#options.onOlder(channel, reader);
    if (channel.lagging.size === 0) log.dropOlder();
  }

  /** Reads what comes after an offset, and some publications before it if they fit in one page. */
  async #readAround(channel: LiveChannel, since: number): Promise<LogPage> {
    const page = await this.#read(channel, Math.max(0, since - READ_MARGIN), PAGE_SIZE);
    const newest = page.publications.at(-1)?.offset ?? Infinity;
    return newest > since ? page : this.#read(channel, since, PAGE_SIZE);
  }

  /**
   * Reads after the lowest requested position, with a margin, so that one read serves all that
   * wait.
   */
  #readFirst(channel: LiveChannel): Promise<LogPage> {
    const offsets = [...channel.waiting].flatMap(({ since }) =>
      since.type === 'position' ? [since.position.offset] : [],
    );
    const since = Math.max(0, Math.min(...offsets) - READ_MARGIN);
    const isRequested = offsets.length > 0;
    return this.#read(channel, isRequested ? since : 0, isRequested ? PAGE_SIZE : 0);
  }

  async #read({ name }: LiveChannel, since: number, limit: number): Promise<LogPage> {
    this.#options.onRead();
    // Taken before the request is sent, so that no publication counts as younger than it is.
    const requestedMs = this.#options.now();
    const { publications, agesMs, ...rest } = await this.#broker.history(name, since, limit);
    const publishedMs = (i: number) => requestedMs - Math.max(0, agesMs[i] ?? Infinity);
    return {
      ...rest,
      publications: publications.map((each, i) => toRingPublication(each, publishedMs(i))),
    };
  }
}

/** The next publication for a subscription; Infinity if it does not wait for one. */
function neededCursor({ state }: Subscription): number {
  switch (state.name) {
    case 'waiting':
      return state.requestedCursor ?? Infinity;
    case 'lagging':
      return state.cursor;
    case 'live':
    case 'ended':
      return Infinity;
  }
}
