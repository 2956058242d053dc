import { expect, test } from 'vitest';
import { LiveChannel } from './live-channel.js';

const item = (offset: number) => ({ offset, data: '0' });
const items = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => item(from + i));
const page = (from: number, to: number, top = to, epoch = 'e') => ({
  publications: items(from, to),
  top: { offset: top, epoch },
});
const offsets = (channel: LiveChannel) => channel.pending.map(({ offset }) => offset);

test('publications follow by one in one epoch; what does not follow is not taken in', () => {
  const channel = new LiveChannel('a');
  expect(channel.hear(item(5), 'e')).toBe('next');
  expect(channel.hear(item(6), 'e')).toBe('next');
  expect(channel.hear(item(6), 'e')).toBe('repeated');
  expect(channel.hear(item(4), 'e')).toBe('repeated');
  expect(channel.hear(item(8), 'e')).toBe('gap');
  expect(channel.hear(item(7), 'f')).toBe('gap');
  expect(channel.hear(item(7), 'e')).toBe('next');
  expect(offsets(channel)).toEqual([5, 6, 7]);
});

test('the first publication must follow where the log ended when listening began', () => {
  const first = (start: number, offset: number, epoch = 'e') => {
    const channel = new LiveChannel('a');
    channel.beginAt({ offset: start, epoch: start === 0 ? '' : 'e' });
    return channel.hear(item(offset), epoch);
  };
  expect(first(3, 4)).toBe('next');
  expect(first(3, 5)).toBe('gap');
  expect(first(3, 3)).toBe('next'); // published between the subscription and the look at the log
  expect(first(3, 4, 'f')).toBe('gap');
  expect(first(0, 1)).toBe('next');
  expect(first(0, 2)).toBe('gap');
});

test('a gap is filled page by page, then the live flow goes on', () => {
  const channel = new LiveChannel('a');
  channel.hear(item(1), 'e');
  expect(channel.hear(item(9), 'e')).toBe('gap');
  expect(channel.beginFilling(9)).toBe(true);
  expect(channel.beginFilling(9)).toBe(false);
  expect(channel.fill(page(2, 4, 9), 9)).toBe('more');
  expect(channel.hear(item(10), 'e')).toBe('later');
  expect(channel.fill(page(5, 9), 9)).toBe('more'); // 10 was heard after this page was asked for
  expect(channel.fill(page(10, 10), 10)).toBe('whole');
  expect(channel.hear(item(11), 'e')).toBe('next');
  expect(offsets(channel)).toEqual(items(1, 11).map(({ offset }) => offset));
});

test.each([
  ['the log no longer has what comes next', page(7, 9), 9],
  ['the log has run out', page(1, 0, 9), 9],
  ['another log', page(6, 9, 9, 'f'), 9],
  ['a log that has lost its end', page(1, 0, 3), 0],
  ['a log without what was heard', page(1, 0, 5), 6],
  ['a log that was emptied after something was heard', page(1, 0, 0, ''), 6],
])('impossible to fill: %s', (_, history, heardOffset) => {
  const channel = new LiveChannel('a');
  channel.beginAt({ offset: 5, epoch: 'e' });
  channel.beginFilling(heardOffset);
  expect(channel.fill(history, heardOffset)).toBe('impossible');
  expect(offsets(channel)).toEqual([]);
});

test('nothing was missed where the log ends at the position, or is empty and nothing was heard', () => {
  for (const history of [page(1, 0, 5), page(1, 0, 0, '')]) {
    const channel = new LiveChannel('a');
    channel.beginAt({ offset: 5, epoch: 'e' });
    channel.beginFilling(0);
    expect(channel.fill(history, 0)).toBe('whole');
  }
});
