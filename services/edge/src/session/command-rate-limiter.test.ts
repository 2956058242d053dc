import { expect, test } from 'vitest';
import { CommandRateLimiter } from './rate-limits.js';

test('a burst of ten seconds, then the rate; a connection that continues is closed', () => {
  const rate = new CommandRateLimiter(5, 0, 0);
  const take = (count: number, nowMs: number) =>
    Array.from({ length: count }, () => rate.check(nowMs));
  expect(new Set(take(50, 0))).toEqual(new Set(['execute']));
  expect(take(1, 0)).toEqual(['refuse']);
  expect(take(3, 400)).toEqual(['execute', 'refuse', 'refuse']);
  expect(new Set(take(48, 400))).toEqual(new Set(['refuse']));
  expect(take(1, 400)).toEqual(['close']);
  expect(take(1, 20_400)).toEqual(['execute']);
});

test('the extra commands come on top of ten seconds worth', () => {
  const rate = new CommandRateLimiter(1, 100, 0);
  const verdicts = Array.from({ length: 111 }, () => rate.check(0));
  expect(verdicts.indexOf('refuse')).toBe(110);
  expect(Array.from({ length: 2 }, () => rate.check(1000))).toEqual(['refuse', 'refuse']);
});
