import type { Since } from '@newswire/protocol';
import { expect, test } from 'vitest';
import { LiveChannel } from './live-channel.js';
import { PositionCheck } from './position-check.js';
import { determineStart } from './subscription-start.js';
import { toRingPublication } from './ring.js';

const items = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    toRingPublication({ offset: from + i, data: '0' }, 0),
  );

/** Generation `f` from 5 on follows `e` up to 3; 11 to 15 are in the ring, flushed up to 13. */
function newChannel(): LiveChannel {
  const channel = new LiveChannel('a', { ringSize: 5, ringBytes: 1000 });
  channel.log.restart({ epoch: 'f', firstOffset: 5, follows: { epoch: 'e', offset: 3 } }, 10);
  for (const item of items(11, 13)) channel.log.append(item, Infinity);
  channel.makeReady(new PositionCheck(1000, 0));
  for (const item of items(14, 15)) channel.log.append(item, channel.keepFrom);
  return channel;
}

const position = (offset: number, epoch = 'f'): Since => ({
  type: 'position',
  position: { offset, epoch },
});
const last = (count: number): Since => ({ type: 'last', count });

/** The start with its position instead of its cursor, which is internal to the edge. */
function start(since: Since, channel = newChannel()) {
  const found = determineStart(channel, since, 0);
  if (found.type === 'ahead') return found;
  const { cursor, ...rest } = found;
  return { ...rest, ...channel.log.positionAt(cursor) };
}

test('now is where the channel was flushed: pending publications follow', () => {
  const now = { type: 'at', recovered: undefined, epoch: 'f', offset: 13 };
  expect(start({ type: 'now' })).toEqual(now);
});

test.each([
  ['in the ring', 11, 'f', { type: 'at', recovered: true, offset: 11, epoch: 'f' }],
  ['the newest', 15, 'f', { type: 'at', recovered: true, offset: 15, epoch: 'f' }],
  ['in the current generation', 11, '', { type: 'at', recovered: true, offset: 11, epoch: 'f' }],
  ['not reached yet', 16, 'f', { type: 'ahead' }],
  ['older than the ring', 6, 'f', { type: 'older', offset: 6, epoch: 'f' }],
  ['the end of the generation before', 3, 'e', { type: 'older', offset: 4, epoch: 'f' }],
  ['after the end of the generation before', 9, 'e', { type: 'older', offset: 4, epoch: 'f' }],
  ['in the generation before', 2, 'e', { type: 'older', offset: 2, epoch: 'e' }],
  ['before its generation', 3, 'f', { type: 'at', recovered: false, offset: 13, epoch: 'f' }],
  ['of a generation that this edge does not know', 3, 'x', { type: 'ahead' }],
])('a position %s', (_, offset, epoch, expected) => {
  expect(start(position(offset, epoch))).toEqual(expected);
});

test('a position that the log no longer has', () => {
  const channel = newChannel();
  const cursor = channel.log.cursorAfter({ offset: 6, epoch: 'f' }) ?? 0;
  channel.log.addOlder(cursor, items(9, 13));
  const gone = { type: 'at', recovered: false, offset: 13, epoch: 'f' };
  expect(start(position(6), channel)).toEqual(gone);
  expect(start(position(8), channel)).toMatchObject({ type: 'at', recovered: true, offset: 8 });
});

test.each([
  [0, { type: 'at', offset: 13 }],
  [2, { type: 'at', offset: 11 }],
  [4, { type: 'older', offset: 9 }],
  [1000, { type: 'older', offset: 4 }], // no earlier than the generation began
])('the last %i', (count, expected) => {
  expect(start(last(count))).toMatchObject(expected);
});

test('the last publications, as far as the log still has them', () => {
  const channel = newChannel();
  channel.log.addOlder(channel.log.cursorAfter({ offset: 6, epoch: 'f' }) ?? 0, items(9, 13));
  expect(start(last(1000), channel)).toMatchObject({ type: 'at', offset: 8 });
});
