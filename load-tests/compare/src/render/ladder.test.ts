import { expect, it } from 'vitest';
import { load } from '../../test/comparison-fixture.js';
import { describeEnd, listHeldSteps } from './works.js';

const step = (ratePerS: number, p99: number, lost = 0) => ({
  ratePerS,
  result: load(ratePerS * 1000, { latency_ms: { p50: 1, p99, max: p99 }, lost }),
});

// Doubled until one does not hold, then halfway back.
const steps = [step(100, 5), step(200, 9), step(400, 900), step(300, 240), step(250, 60)];

it('finds the highest step that held, in whatever order they were taken', () => {
  const ladder = { deliveriesPerS: 250_000, steps };
  expect(listHeldSteps(ladder).map(({ ratePerS }) => ratePerS)).toEqual([100, 200, 250]);
  expect(describeEnd(ladder)).toBe('300/s: p99 240 ms');
});

it.each([
  [[step(50, 4, 3)], '50/s: 3 lost'],
  [[step(50, Number.NaN)], '50/s: nothing came'],
  [[{ ratePerS: 80, result: step(50, 4).result }], '80/s: publishers reached 50/s'],
  [[step(50, 100)], '50/s: held, the ladder ended there'],
  [[], 'no step was taken'],
])('says why a ladder ended: %#', (of, text) => {
  expect(describeEnd({ deliveriesPerS: 0, steps: of })).toBe(text);
});
