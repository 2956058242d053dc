import { ChannelLog } from '../../src/channel/channel-log.js';
import { toRingPublication } from '../../src/channel/ring.js';

export const LIMITS = { ringSize: 5, ringBytes: 1000 };

export const item = (offset: number, data = String(offset), publishedMs = 0) =>
  toRingPublication({ offset, data }, publishedMs);
export const items = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => item(from + i));

/** A log in generation `e`, whose ring has the publications from one offset to another. */
export function newLog(from: number, to: number, limits = LIMITS): ChannelLog {
  const log = new ChannelLog(limits);
  log.restart({ epoch: 'e', firstOffset: 1, follows: undefined }, from - 1);
  for (const each of items(from, to)) log.append(each, Infinity);
  return log;
}

/** The cursor behind an offset. */
export const at = (log: ChannelLog, offset: number, epoch = 'e') =>
  log.cursorAfter({ offset, epoch }) ?? NaN;

/** The data of what comes after an offset; undefined if it is not here. */
export const after = (log: ChannelLog, offset: number, epoch = 'e') => {
  const cursor = at(log, offset, epoch);
  return log.slice(cursor, log.end, Infinity)?.map(({ data }) => data);
};
