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
