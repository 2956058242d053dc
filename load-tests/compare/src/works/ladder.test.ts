import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoadResult } from '../result.js';
import { createResult } from '../../test/create-result.js';
import {
  chooseNextRate,
  findHighestHeld,
  holds,
  type LadderSettings,
  type Rung,
} from './ladder.js';

const settings: LadderSettings = { firstPerS: 250, lowestPerS: 5, maxSteps: 40 };

/** Climbs a server that holds the rates that `canHold` accepts, and returns the steps. */
function climb(canHold: (ratePerS: number, step: number) => boolean): Rung[] {
  const rungs: Rung[] = [];
  for (
    let rate = chooseNextRate(rungs, settings);
    rate !== undefined;
    rate = chooseNextRate(rungs, settings)
  ) {
    rungs.push({ ratePerS: rate, held: canHold(rate, rungs.length) });
  }
  return rungs;
}

describe('the ladder of rates', () => {
  test('finds the maximum to a tenth, wherever it is', () => {
    const maximum = fc.integer({ min: 10, max: 200_000 });
    fc.assert(
      fc.property(maximum, (limit) => {
        const found = findHighestHeld(climb((rate) => rate <= limit));
        expect(found).toBeLessThanOrEqual(limit);
        // Rates are whole numbers, which is coarse among the lowest.
        expect(found * 1.1 + 1).toBeGreaterThanOrEqual(limit);
      }),
    );
  });

  test('ends below the lowest rate, with nothing held', () => {
    const rungs = climb(() => false);
    expect(findHighestHeld(rungs)).toBe(0);
    expect(Math.min(...rungs.map(({ ratePerS }) => ratePerS))).toBeLessThan(10);
    expect(rungs.every(({ ratePerS }) => ratePerS >= settings.lowestPerS)).toBe(true);
  });

  test('one disturbed step does not end it', () => {
    const DISTURBED = 2;
    const found = findHighestHeld(climb((rate, step) => rate <= 4000 && step !== DISTURBED));
    expect(found).toBe(4000);
  });

  test('a server that holds everything is left at the last step', () => {
    expect(climb(() => true)).toHaveLength(settings.maxSteps);
  });
});

describe('a rate holds', () => {
  const at1000 = (changes: Partial<LoadResult>) =>
    holds(1000, createResult({ publishes_per_s: 1000, ...changes }));

  test('when everything comes within 100 ms and on schedule', () => {
    expect(at1000({})).toBe(true);
    expect(at1000({ latency_ms: { p50: 1, p99: 101, max: 101 } })).toBe(false);
    expect(at1000({ publishes_per_s: 940 })).toBe(false);
    expect(at1000({ lost: 1 })).toBe(false);
    expect(at1000({ closes: { 1006: 1 } })).toBe(false);
  });
});
