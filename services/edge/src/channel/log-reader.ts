import type { Broker } from '@newswire/broker';
import { toEntry } from '../streams/entry.js';
import type { LiveChannel, Subscription } from './live-channel.js';
import { saysNothing, type EntryPage } from './log-follower.js';

export interface LogReaderOptions {
  /** Calls `act` again and again until it succeeds or is not wanted any more. */
  readonly persist: (act: () => Promise<void>, isStillWanted: () => boolean) => Promise<boolean>;
  readonly now: () => number;
  /** Told of each read of the broker's log. */
  readonly onRead: () => void;
  /** The channel follows the live flow again, or has more to flush. */
  readonly onProgress: (channel: LiveChannel) => void;
  /** What comes next is lost; afterwards the channel goes on from where the log ends. */
  readonly onLost: (channel: LiveChannel) => void;
  /** What the subscription waited for was read. */
  readonly onOlder: (subscription: Subscription) => void;
  /** Resolves when what is pending has gone out, so that no gap fills the memory. */
  readonly flushed: (channel: LiveChannel) => Promise<void>;
}

/** How many publications are read at once. */
const PAGE_SIZE = 1000;

/** Who comes back first is seldom who is furthest behind: so many more are read for the others. */
const READ_MARGIN = 100;

/** Reads the broker's log for the edge's channels: one read at a time each, shared by all who wait. */
export class LogReader {
  readonly #broker: Broker;
  readonly #options: LogReaderOptions;
  readonly #readers = new Map<LiveChannel, Set<Subscription>>();

  constructor(broker: Broker, options: LogReaderOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  /** Reads on from the channel's position until it follows the live flow. */
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

  /** Compares the position of a channel with the log's end: false if the log goes on behind it. */
  async isUpToDate({ name, log }: LiveChannel): Promise<boolean> {
    const page = await this.#broker.history(name, log.position.offset, 0);
    const { topOffset, generation } = page;
    const { epoch, offset } = log.position;
    if (generation === undefined || saysNothing(page, epoch) || log.isOver(generation.epoch))
      return true;
    return generation.epoch === epoch && topOffset <= offset;
  }

  /** What the subscription needs is older than the ring: `onOlder` is called when it was read. */
  readOlder(subscription: Subscription): void {
    const { channel } = subscription;
    const readers = this.#readers.get(channel);
    if (readers !== undefined) return void readers.add(subscription);
    this.#readers.set(channel, new Set([subscription]));
    void this.#options.persist(
      () => this.#readForAll(channel),
      () => this.#readers.has(channel),
    );
  }

  /** The subscription has ended. */
  forget(subscription: Subscription): void {
    this.#readers.get(subscription.channel)?.delete(subscription);
  }

  async #readForAll(channel: LiveChannel): Promise<void> {
    const { log } = channel;
    const readers = this.#readers.get(channel) ?? new Set();
    const cursor = Math.min(...[...readers].map((reader) => reader.cursor));
    const since = readers.size === 0 ? undefined : log.readFrom(cursor);
    if (since !== undefined) {
      const page = await this.#readAround(channel, since);
      // Meanwhile the log may have been removed, or have begun anew.
      if (log.readFrom(cursor) === since) log.addOlder(cursor, page.publications);
    }
    this.#readers.delete(channel);
    for (const reader of readers) this.#options.onOlder(reader);
    if (channel.behind.size === 0) log.dropOlder();
  }

  /** What comes after an offset, and some before it where a page is large enough. */
  async #readAround(channel: LiveChannel, since: number): Promise<EntryPage> {
    const page = await this.#read(channel, Math.max(0, since - READ_MARGIN), PAGE_SIZE);
    const newest = page.publications.at(-1)?.offset ?? Infinity;
    return newest > since ? page : this.#read(channel, since, PAGE_SIZE);
  }

  /** Reads behind the positions that are waited for, so that one read serves all of them. */
  #readFirst(channel: LiveChannel): Promise<EntryPage> {
    const offsets = [...channel.waiting].flatMap(({ since }) =>
      since.type === 'position' ? [since.position.offset] : [],
    );
    const since = Math.max(0, Math.min(...offsets) - READ_MARGIN);
    const isAsked = offsets.length > 0;
    return this.#read(channel, isAsked ? since : 0, isAsked ? PAGE_SIZE : 0);
  }

  async #read({ name }: LiveChannel, since: number, limit: number): Promise<EntryPage> {
    this.#options.onRead();
    // From before the answer is on its way: then nothing counts as younger than it is.
    const askedMs = this.#options.now();
    const { publications, agesMs, ...rest } = await this.#broker.history(name, since, limit);
    const publishedMs = (i: number) => askedMs - Math.max(0, agesMs[i] ?? Infinity);
    return { ...rest, publications: publications.map((each, i) => toEntry(each, publishedMs(i))) };
  }
}
