import { describe, expect, test } from 'vitest';
import { RedisNames } from './redis-names.js';
import { KnownChannel, KnownPositions } from './known-positions.js';

const NAMES = new RedisNames('redis://localhost');
const at = (offset: number, epoch = 'E') => ({ offset, epoch });

describe('KnownChannel', () => {
  test('knows nothing before an answer, then counts what is in flight as answered', () => {
    const known = new KnownChannel('a', NAMES, 'I', 0);
    expect([known.begin(), known.begin()]).toEqual(['', '']);
    known.settle(at(7), 'I');
    expect(known.begin()).toBe('E 8 8');
    expect(known.begin()).toBe('E 9 9');
    known.settle(at(8), 'I');
    known.withdraw();
    known.settle(at(9), 'I');
    expect(known.begin()).toBe('E 9 9');
  });

  test('calls without an answer raise only the upper bound, until the data set changes', () => {
    const known = new KnownChannel('a', NAMES, 'I', 0);
    known.begin();
    known.settle(at(1), 'I');
    for (let i = 0; i < 3; i++) known.begin();
    known.lose('I');
    known.lose('I');
    known.settle(at(2), 'I');
    expect(known.begin()).toBe('E 2 4');
    // The publication in flight may get offset 5. It would be answered before the next one takes
    // effect.
    expect(known.begin()).toBe('E 5 5');
    known.withdraw();
    known.settle(at(3), 'I');
    expect(known.begin()).toBe('E 3 5');
    known.settle(at(6), 'J');
    expect(known.begin()).toBe('E 6 6');
  });

  test('a loss in each of two data sets counts twice, until the second one answers', () => {
    const known = new KnownChannel('a', NAMES, 'I', 0);
    known.begin();
    known.settle(at(1), 'I');
    known.begin();
    known.lose('I');
    known.begin();
    known.lose('J');
    expect(known.begin()).toBe('E 1 3');
    known.settle(at(3), 'J');
    expect(known.begin()).toBe('E 3 4');
  });

  test('a loss before the first answer counts', () => {
    const known = new KnownChannel('a', NAMES, 'I', 0);
    known.begin();
    known.lose('J');
    known.begin();
    known.settle(at(1), 'J');
    expect(known.begin()).toBe('E 1 2');
  });

  test('a new epoch restarts the count, and an answer never lowers the known position', () => {
    const known = new KnownChannel('a', NAMES, 'I', 0);
    for (const position of [at(9), at(3), at(2, 'F')]) {
      known.begin();
      known.settle(position, 'I');
      if (position.offset === 3) {
        expect(known.begin()).toBe('E 9 9');
        known.withdraw();
      }
    }
    expect(known.begin()).toBe('F 2 2');
  });
});

describe('KnownPositions', () => {
  test('keeps the channels that were published to last, in bounded space', () => {
    const known = new KnownPositions(NAMES, 3);
    const first = known.of('0', 'I');
    for (const channel of ['1', '2', '0', '3', '4', '0', '5']) known.of(channel, 'I');
    expect(known.of('0', 'I')).toBe(first);
    for (let i = 10; i < 20; i++) known.of(String(i), 'I');
    expect(known.of('0', 'I')).not.toBe(first);
  });

  test('a channel that was forgotten may have as much outstanding as any that was', () => {
    const known = new KnownPositions(NAMES, 1);
    const first = known.of('a', 'I');
    first.begin();
    first.lose('I');
    first.begin();
    for (const channel of ['b', 'c', 'd']) known.of(channel, 'I');
    const again = known.of('a', 'I');
    again.begin();
    again.settle(at(5), 'I');
    expect(again.begin()).toBe('E 5 7');
  });
});
