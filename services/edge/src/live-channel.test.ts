import { expect, test } from 'vitest';
import { LiveChannel } from './live-channel.js';

const item = (offset: number) => ({ offset, data: '0' });

test('publications follow by one in one epoch; anything else is a gap, or was heard before', () => {
  const channel = new LiveChannel('a');
  expect(channel.hear(item(5), 'e')).toBe('next');
  expect(channel.hear(item(6), 'e')).toBe('next');
  expect(channel.hear(item(6), 'e')).toBe('repeated');
  expect(channel.hear(item(4), 'e')).toBe('repeated');
  expect(channel.hear(item(8), 'e')).toBe('gap');
  expect(channel.hear(item(9), 'e')).toBe('next');
  expect(channel.hear(item(10), 'f')).toBe('gap');
  expect(channel.pending.map(({ offset }) => offset)).toEqual([5, 6, 8, 9, 10]);
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

test('a log that ends further on, or belongs to another life, has something that was missed', () => {
  const channel = new LiveChannel('a');
  expect(channel.lacks({ offset: 3, epoch: 'e' })).toBe(true);
  channel.beginAt({ offset: 3, epoch: 'e' });
  expect(channel.lacks({ offset: 3, epoch: 'e' })).toBe(false);
  expect(channel.lacks({ offset: 4, epoch: 'e' })).toBe(true);
  channel.hear(item(4), 'e');
  expect(channel.lacks({ offset: 4, epoch: 'e' })).toBe(false);
  expect(channel.lacks({ offset: 4, epoch: 'f' })).toBe(true);
  expect(channel.lacks({ offset: 0, epoch: '' })).toBe(false);
});
