import { ProtocolError, type Since } from '@newswire/protocol';
import type { CatchUp } from './catch-up.js';
import type { LiveChannel } from './live-channel.js';
import type { LogReader } from './log-reader.js';
import type { RingPublication } from './ring.js';
import type { SubscribedChannel, Subscription } from './subscription.js';
import type { ChannelFilter } from './tags-filters.js';

export interface StarterOptions {
  readonly now: () => number;
  /**
   * A subscription with a reply is refused (100, temporary) if it cannot begin within this time.
   */
  readonly subscribeTimeoutMs: number;
  /** Called with the outcome of each request for a position. */
  readonly onRecovery: (recovered: boolean) => void;
  /** The client was notified of where the subscription begins. */
  readonly onBegun: (subscription: Subscription) => void;
  /** The subscription cannot begin: the client must be notified of the error. */
  readonly onRefused: (subscription: Subscription, error: ProtocolError) => void;
}

/** If this edge does not reach a requested position within this time, it reads the broker's log. */
const AHEAD_LIMIT_MS = 500;

/** The most data in the reply that a position was recovered. The rest follows in later frames. */
const MAX_REPLY_BYTES = 32_768;

/** Determines where waiting subscriptions begin, notifies their clients and begins them. */
export class SubscriptionStarter {
  readonly #reader: Pick<LogReader, 'readOlder'>;
  readonly #catchUp: Pick<CatchUp, 'begin'>;
  readonly #options: StarterOptions;
  /** The last replayed list: when all clients reconnect together, most get the same list. */
  #lastReplay: Replay = { publications: [], filter: undefined, listed: [] };

  constructor(
    reader: Pick<LogReader, 'readOlder'>,
    catchUp: Pick<CatchUp, 'begin'>,
    options: StarterOptions,
  ) {
    this.#reader = reader;
    this.#catchUp = catchUp;
    this.#options = options;
  }

  /** Begins the channel's waiting subscriptions, as far as it is known where. */
  startAll(channel: LiveChannel): void {
    if (!channel.isReady) return;
    for (const subscription of channel.waiting) this.start(channel, subscription);
  }

  /** Begins a waiting subscription to a ready channel, if it is known where. */
  start(channel: LiveChannel, subscription: Subscription): void {
    const { since, terms, state, filter } = subscription;
    if (state.name !== 'waiting') return undefined;
    const nowMs = this.#options.now();
    const isRead = state.requestedCursor !== undefined;
    const start = terms.cacheRecovery
      ? startAtNewest(channel, since, nowMs, filter, isRead)
      : determineStart(channel, since, nowMs);
    switch (start.type) {
      case 'at':
        return this.#begin(subscription, start.cursor, start.recovered);
      case 'older':
        subscription.awaitOlder(start.cursor);
        return this.#reader.readOlder(channel, subscription);
      case 'ahead':
        if (state.isLookedUp) this.#begin(subscription, channel.flushed.cursor, false);
        return undefined;
    }
  }

  /**
   * Refuses subscriptions that have waited for too long. True if the broker's log must be read,
   * because this edge has not reached a requested position.
   */
  sweep(channel: LiveChannel): boolean {
    const nowMs = this.#options.now();
    let isAhead = false;
    for (const subscription of channel.waiting) {
      const { state, createdMs, commandId } = subscription;
      const waitedMs = nowMs - createdMs;
      if (commandId !== undefined && waitedMs >= this.#options.subscribeTimeoutMs) {
        const error = new ProtocolError('internal', 'the channel cannot be read now, try again');
        this.#options.onRefused(subscription, error);
      } else if (channel.isReady && waitedMs >= AHEAD_LIMIT_MS) {
        if (state.name !== 'waiting' || state.isLookedUp) continue;
        subscription.lookUp();
        isAhead = true;
      }
    }
    return isAhead;
  }

  #begin(subscription: Subscription, cursor: number, recovered: boolean | undefined): void {
    if (recovered !== undefined) this.#options.onRecovery(recovered);
    if (recovered === false && subscription.mustRecover) {
      return this.#options.onRefused(subscription, new ProtocolError('unrecoverablePosition'));
    }
    const { channel, session } = subscription;
    const position = channel.log.positionAt(cursor);
    const replay = recovered === true ? this.#findReplay(subscription, cursor) : NO_REPLAY;
    const { publications, listed } = replay;
    // If none of them matches, the client's position is after them all the same.
    const passed = listed.length === 0 ? publications.length : 0;
    const isReceived = session.subscriptions.handleSubscribed(
      subscription,
      { epoch: position.epoch, offset: position.offset + passed },
      recovered,
      listed,
    );
    if (subscription.state.name === 'ended') return; // the reply could not be sent
    this.#options.onBegun(subscription);
    const received = isReceived ? publications.length : 0;
    if (received > 0) subscription.passFirst();
    this.#catchUp.begin(subscription, position.epoch, cursor + received);
  }

  #findReplay({ channel, commandId, filter }: Subscription, cursor: number): Replay {
    const until = Math.min(channel.log.generationEnd(cursor), channel.flushed.cursor);
    // A subscription without a command is announced by a push, which has no room for publications.
    if (cursor >= until || commandId === undefined) return NO_REPLAY;
    const found = channel.log.slice(cursor, until, MAX_REPLY_BYTES) ?? [];
    return found.length > 0 ? this.#shareReplay(found, filter) : NO_REPLAY;
  }

  /** The previous list, if it has the same publications: a codec then encodes it only once. */
  #shareReplay(found: readonly RingPublication[], filter: ChannelFilter | undefined): Replay {
    const { publications: last, filter: lastFilter } = this.#lastReplay;
    const isSame = found[0] === last[0] && found.at(-1) === last.at(-1) && filter === lastFilter;
    if (isSame && found.length === last.length) return this.#lastReplay;
    const listed = filter === undefined ? found : filter.select(found);
    this.#lastReplay = { publications: found, filter, listed };
    return this.#lastReplay;
  }
}

/** Publications that a reply covers, and those of them that it lists. */
interface Replay {
  readonly publications: readonly RingPublication[];
  readonly filter: ChannelFilter | undefined;
  readonly listed: readonly RingPublication[];
}

const NO_REPLAY: Replay = { publications: [], filter: undefined, listed: [] };

/** How many of the newest publications are searched for one that matches a filter. */
const MAX_SEARCHED = 900;

/**
 * Where a subscription begins. `recovered` is undefined if no position was requested. `older`: its
 * first publications must be read from the broker's log. `ahead`: this edge has not reached the
 * position yet.
 */
export type Start =
  | { readonly type: 'at'; readonly cursor: number; readonly recovered: boolean | undefined }
  | { readonly type: 'older'; readonly cursor: number }
  | { readonly type: 'ahead' };

type StartChannel = Pick<SubscribedChannel, 'log' | 'flushed'>;

/**
 * Where a subscription to a ready channel begins: as if the ring kept no more than the broker's
 * log. The publications that it keeps beyond that are for lagging sessions.
 */
export function determineStart({ log, flushed }: StartChannel, since: Since, nowMs: number): Start {
  const { cursor: end } = flushed;
  switch (since.type) {
    case 'now':
      return { type: 'at', cursor: end, recovered: undefined };
    case 'last': {
      const oldest = Math.max(end - since.count, Math.min(log.generationStart, end), log.floor);
      const cursor = Math.min(log.firstAllowed(oldest, nowMs), end);
      if (log.has(cursor)) return { type: 'at', cursor, recovered: undefined };
      return { type: 'older', cursor };
    }
    case 'position': {
      // Another edge may have received a new generation before this one does.
      if (!log.knows(since.position.epoch)) return { type: 'ahead' };
      const cursor = log.cursorAfter(since.position);
      if (cursor === undefined) return { type: 'at', cursor: end, recovered: false };
      if (cursor > log.end) return { type: 'ahead' };
      const isAllowed = cursor >= end || log.firstAllowed(cursor, nowMs) === cursor;
      if (!isAllowed) return { type: 'at', cursor: end, recovered: false };
      if (log.has(cursor)) return { type: 'at', cursor, recovered: true };
      if (log.readFrom(cursor) !== undefined) return { type: 'older', cursor };
      return { type: 'at', cursor: end, recovered: false };
    }
  }
}

/**
 * Where a subscription begins that gets the newest publication that matches its filter, and none
 * before it. `isRead`: older publications were read from the broker's log already.
 */
export function startAtNewest(
  channel: StartChannel,
  since: Since,
  nowMs: number,
  filter?: ChannelFilter,
  isRead = false,
): Start {
  const { log } = channel;
  const { cursor: end } = channel.flushed;
  const isRecovering = since.type === 'position';
  const isKnown = isRecovering && log.knows(since.position.epoch);
  const next = isKnown ? log.cursorAfter(since.position) : undefined;
  if (next === end) return { type: 'at', cursor: end, recovered: true }; // the client has it already
  const start =
    filter === undefined
      ? determineStart(channel, { type: 'last', count: 1 }, nowMs)
      : findNewestMatch(channel, nowMs, filter, next, isRead);
  if (start.type !== 'at' || start.recovered === true) return start;
  return { ...start, recovered: start.cursor < end || (isRecovering ? false : undefined) };
}

/**
 * At the end if no publication matches; then it is recovered if all since the client's position,
 * whose cursor is `next`, were searched.
 */
function findNewestMatch(
  { log, flushed }: StartChannel,
  nowMs: number,
  filter: ChannelFilter,
  next: number | undefined,
  isRead: boolean,
): Start {
  const { cursor: end } = flushed;
  const limit = Math.max(Math.min(log.generationStart, end), log.floor, end - MAX_SEARCHED);
  const oldest = Math.max(Math.min(log.firstAllowed(limit, nowMs), end), next ?? 0);
  let cursor = end;
  for (; cursor > oldest; cursor--) {
    const publication = log.before(cursor);
    if (publication === undefined) break;
    if (filter.matches(publication)) {
      return { type: 'at', cursor: cursor - 1, recovered: undefined };
    }
  }
  if (cursor > oldest && !isRead) return { type: 'older', cursor: oldest };
  const isComplete = next !== undefined && cursor <= next && next <= end;
  return { type: 'at', cursor: end, recovered: isComplete ? true : undefined };
}
