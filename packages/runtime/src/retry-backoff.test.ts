import { expect, test } from 'vitest';
import { backoffMs } from './index.js';

const at = (attempt: number, random: number) =>
  backoffMs(attempt, { minMs: 100, maxMs: 2000, random: () => random });

test('grows with each attempt up to the maximum, and is spread by chance', () => {
  expect([0, 1, 2, 5, 1000].map((attempt) => at(attempt, 1))).toEqual([100, 200, 400, 2000, 2000]);
  expect([0, 5].map((attempt) => at(attempt, 0))).toEqual([50, 50]);
});
