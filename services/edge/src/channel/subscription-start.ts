import type { Since } from '@newswire/protocol';
import type { LiveChannel } from './live-channel.js';

/**
 * Where a subscription begins. `recovered` is undefined if no position was requested. `older`: its
 * first publications must be read from the broker's log. `ahead`: this edge has not reached the
 * position yet.
 */
export type Start =
  | { readonly type: 'at'; readonly cursor: number; readonly recovered: boolean | undefined }
  | { readonly type: 'older'; readonly cursor: number }
  | { readonly type: 'ahead' };

/**
 * Where a subscription to a ready channel begins: as if the ring kept no more than the broker's
 * log. The publications that it keeps beyond that are for lagging sessions.
 */
export function determineStart({ log, flushed }: LiveChannel, since: Since, nowMs: number): Start {
  switch (since.type) {
    case 'now':
      return { type: 'at', cursor: flushed, recovered: undefined };
    case 'last': {
      const oldest = Math.max(
        flushed - since.count,
        Math.min(log.generationStart, flushed),
        log.floor,
      );
      const cursor = Math.min(log.firstAllowed(oldest, nowMs), flushed);
      if (log.has(cursor)) return { type: 'at', cursor, recovered: undefined };
      return { type: 'older', cursor };
    }
    case 'position': {
      // Another edge may have received a new generation before this one does.
      if (!log.knows(since.position.epoch)) return { type: 'ahead' };
      const cursor = log.cursorAfter(since.position);
      if (cursor === undefined) return { type: 'at', cursor: flushed, recovered: false };
      if (cursor > log.end) return { type: 'ahead' };
      const isAllowed = cursor >= flushed || log.firstAllowed(cursor, nowMs) === cursor;
      if (!isAllowed) return { type: 'at', cursor: flushed, recovered: false };
      if (log.has(cursor)) return { type: 'at', cursor, recovered: true };
      if (log.readFrom(cursor) !== undefined) return { type: 'older', cursor };
      return { type: 'at', cursor: flushed, recovered: false };
    }
  }
}

/** Where a subscription begins that gets the newest publication, and none before it. */
export function startAtNewest(channel: LiveChannel, since: Since, nowMs: number): Start {
  const { log, flushed } = channel;
  const isAsked = since.type === 'position';
  if (isAsked && log.knows(since.position.epoch) && log.cursorAfter(since.position) === flushed) {
    return { type: 'at', cursor: flushed, recovered: true }; // the client has it already
  }
  const start = determineStart(channel, { type: 'last', count: 1 }, nowMs);
  if (start.type !== 'at') return start;
  const recovered = start.cursor < flushed || (isAsked ? false : undefined);
  return { ...start, recovered };
}
