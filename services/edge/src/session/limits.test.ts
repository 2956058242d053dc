import { describe, expect, test } from 'vitest';
import { RateLimits } from './rate-limits.js';
import { ConnectionLimits, type ConnectionSlot } from './connection-limiter.js';
import fc from 'fast-check';

function newRateLimits(options: { perSecond?: number; burst?: number; maxKeys?: number } = {}) {
  const clock = { nowMs: 0 };
  const now = () => clock.nowMs;
  const limits = new RateLimits({ perSecond: 2, burst: 3, maxKeys: 100, ...options, now });
  const takes = (key: string, times: number) =>
    Array.from({ length: times }, () => limits.take(key)).filter(Boolean).length;
  return { limits, clock, takes };
}

describe('RateLimits', () => {
  test('a key has its burst, then what comes in by the second, never more than the burst', () => {
    const { takes, clock } = newRateLimits();
    expect(takes('a', 10)).toBe(3);
    expect(takes('b', 1)).toBe(1);
    clock.nowMs = 499;
    expect(takes('a', 10)).toBe(0);
    clock.nowMs = 1000;
    expect(takes('a', 10)).toBe(2);
    clock.nowMs = 100_000;
    expect(takes('a', 10)).toBe(3);
  });

  test('a cost above the balance takes nothing', () => {
    const { limits } = newRateLimits();
    expect(limits.take('a', 4)).toBe(false);
    expect(limits.take('a', 3)).toBe(true);
    expect(limits.take('a', 0.1)).toBe(false);
  });

  test('a key that keeps asking in vain stays empty', () => {
    const { limits, clock, takes } = newRateLimits({ perSecond: 1, burst: 1 });
    takes('a', 1);
    for (clock.nowMs = 1; clock.nowMs < 1000; clock.nowMs++) {
      expect(limits.take('a')).toBe(false);
    }
    clock.nowMs = 1001;
    expect(takes('a', 2)).toBe(1);
  });

  test('keys at rest are forgotten as others come, and of too many the oldest', () => {
    const { limits, clock, takes } = newRateLimits({ maxKeys: 10 });
    for (let i = 0; i < 1000; i++) takes(`k${i}`, 3);
    expect(limits.keyCount).toBe(10);
    expect(takes('k999', 1)).toBe(0);
    clock.nowMs = 60_000;
    for (let i = 0; i < 10; i++) takes('z', 1);
    expect(limits.keyCount).toBe(1);
  });

  test('at any times, no key gets more than its burst and its rate', () => {
    const asks = fc.array(
      fc.record({ key: fc.constantFrom('a', 'b', 'c'), afterMs: fc.nat(2000) }),
    );
    fc.assert(
      fc.property(asks, (list) => {
        const { limits, clock } = newRateLimits();
        const got = new Map<string, number>();
        for (const { key, afterMs } of list) {
          clock.nowMs += afterMs;
          if (limits.take(key)) got.set(key, (got.get(key) ?? 0) + 1);
        }
        for (const count of got.values()) {
          expect(count).toBeLessThanOrEqual(3 + (clock.nowMs * 2) / 1000);
        }
      }),
    );
  });
});

describe('ConnectionLimits', () => {
  const LIMITS = { maxConnections: 4, maxPerUser: 2, maxPerAddress: 3 };

  test('there are so many in all and from one address, and one that leaves makes room', () => {
    const limits = new ConnectionLimits(LIMITS);
    const slots = ['a', 'a', 'a', 'a', 'b', 'c'].map((address) => limits.take(address));
    expect(slots.map((slot) => slot !== undefined)).toEqual([true, true, true, false, true, false]);
    expect(limits.count).toBe(4);
    slots[0]?.release();
    slots[0]?.release();
    expect(limits.count).toBe(3);
    expect(limits.take('a')).toBeDefined();
    expect(limits.take('d')).toBeUndefined();
  });

  test('the limit applies to users, and not to anonymous clients', () => {
    const limits = new ConnectionLimits({ ...LIMITS, maxConnections: 10, maxPerAddress: 10 });
    const enter = (user: string) => {
      const slot = limits.take('a');
      return { slot, isIn: slot?.countFor(user) };
    };
    const [first] = [enter('ann'), enter('ann')];
    expect(first?.isIn).toBe(true);
    const third = enter('ann');
    expect(third.isIn).toBe(false);
    third.slot?.release(); // it did not count for this user
    expect(enter('ann').isIn).toBe(false);
    expect([enter('').isIn, enter('').isIn, enter('').isIn, enter('bob').isIn]).toEqual(
      Array(4).fill(true),
    );
    expect(first?.slot?.countFor('ann')).toBe(true);
    first?.slot?.release();
    expect(first?.slot?.countFor('ann')).toBe(false);
    expect(enter('ann').isIn).toBe(true);
  });

  test('after any joins and leaves, the counts are those of the members', () => {
    const step = fc.record({
      address: fc.constantFrom('a', 'b', '__proto__'),
      user: fc.constantFrom('', 'ann', 'bob', 'constructor'),
      leaves: fc.nat(10),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const limits = new ConnectionLimits(LIMITS);
        const there: { slot: ConnectionSlot; address: string; user: string }[] = [];
        for (const { address, user, leaves } of steps) {
          const of = (key: 'address' | 'user', name: string) =>
            there.filter((one) => one[key] === name).length;
          const fits = there.length < 4 && of('address', address) < 3;
          const slot = limits.take(address);
          expect(slot !== undefined).toBe(fits);
          if (slot !== undefined) {
            const isIn = user === '' || of('user', user) < 2;
            expect(slot.countFor(user)).toBe(isIn);
            if (isIn) there.push({ slot, address, user });
            else slot.release();
          }
          there.splice(leaves, 1).forEach((one) => one.slot.release());
          expect(limits.count).toBe(there.length);
        }
      }),
    );
  });
});
