import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.js';

describe('TokenBucket', () => {
  test('has a full burst at first, and gains tokens up to it', () => {
    const bucket = new TokenBucket(2, 3, 0);
    const takes = (nowMs: number) => [1, 2, 3, 4].map(() => bucket.take(nowMs));
    expect(takes(0)).toEqual([true, true, true, false]);
    expect(takes(1000)).toEqual([true, true, false, false]);
    expect(takes(60_000)).toEqual([true, true, true, false]);
  });

  test('takes nothing if it holds too little', () => {
    const bucket = new TokenBucket(1, 3, 0);
    expect(bucket.take(0, 4)).toBe(false);
    expect(bucket.take(0, 3)).toBe(true);
  });

  test('can be overdrawn, and then has to gain that first', () => {
    const bucket = new TokenBucket(1, 2, 0);
    expect([1, 2, 3].map(() => bucket.overdraw(0))).toEqual([1, 0, -1]);
    expect([bucket.take(1999), bucket.take(2000)]).toEqual([false, true]);
  });

  test('holds no more than its burst after tokens are given back', () => {
    const bucket = new TokenBucket(1, 2, 0);
    bucket.giveBack(5);
    expect([bucket.isFull(0), bucket.take(0, 3), bucket.take(0, 2)]).toEqual([true, false, true]);
  });

  test('never gives more than the burst and what it has gained', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { minLength: 1, maxLength: 200 }), (waits) => {
        const bucket = new TokenBucket(7, 5, 0);
        let nowMs = 0;
        let taken = 0;
        for (const waitMs of waits) {
          nowMs += waitMs;
          if (bucket.take(nowMs)) taken++;
          expect(taken).toBeLessThanOrEqual(5 + (nowMs * 7) / 1000);
        }
      }),
    );
  });
});
