import { expect, test } from 'vitest';
import { Durations } from './durations.js';
import { readSentMs, readToken, toPayload } from './payload.js';
import { seededRandom } from './random.js';

test('quantiles are right to within their buckets of 5 %', () => {
  const durations = new Durations();
  for (let ms = 1; ms <= 1000; ms++) durations.add(ms);
  expect(durations.quantileMs(0.5) / 500).toBeCloseTo(1, 1);
  expect(durations.quantileMs(0.99) / 990).toBeCloseTo(1, 1);
  expect(durations.summary()).toMatchObject({ count: 1000, max: 1000 });
  durations.clear();
  durations.add(0);
  expect(durations.summary()).toEqual({ count: 1, p50: 0, p99: 0, max: 0 });
});

test('a payload says its token and when it was sent', () => {
  const payload = toPayload(17, 1234.5, 'xxx');
  expect(readToken(payload, 0)).toBe(17);
  expect(readToken(JSON.stringify(payload), 1)).toBe(17);
  expect(readSentMs(payload)).toBe(1234.5);
});

test('a seed gives the same numbers again, and another one others', () => {
  const draw = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const mean = draw(3).reduce((sum, value) => sum + value) / 1000;
  expect(mean).toBeCloseTo(0.5, 1);
});
