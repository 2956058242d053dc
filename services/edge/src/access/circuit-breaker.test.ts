import { expect, test } from 'vitest';
import { CircuitBreaker } from './backend-calls.js';

function newBreaker() {
  const clock = { nowMs: 0 };
  const breaker = new CircuitBreaker({ maxFailures: 3, openMs: 1000, now: () => clock.nowMs });
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) breaker.failed();
  };
  return { breaker, clock, fail };
}

test('it opens after so many failures in a row, and only then', () => {
  const { breaker, fail } = newBreaker();
  fail(2);
  breaker.succeeded();
  fail(2);
  expect(breaker.mayPass()).toBe(true);
  fail(1);
  expect(breaker.mayPass()).toBe(false);
});

test('after a while one may try, and the others wait for how that ends', () => {
  const { breaker, clock, fail } = newBreaker();
  fail(3);
  clock.nowMs = 999;
  expect(breaker.mayPass()).toBe(false);
  clock.nowMs = 1000;
  expect([breaker.mayPass(), breaker.mayPass()]).toEqual([true, false]);
  breaker.failed();
  clock.nowMs = 1999;
  expect(breaker.mayPass()).toBe(false);
  clock.nowMs = 2000;
  expect(breaker.mayPass()).toBe(true);
  breaker.succeeded();
  expect([breaker.mayPass(), breaker.mayPass()]).toEqual([true, true]);
});

test('a trial that never ends does not keep it closed for ever', () => {
  const { breaker, clock, fail } = newBreaker();
  fail(3);
  clock.nowMs = 1000;
  expect(breaker.mayPass()).toBe(true);
  clock.nowMs = 2000;
  expect(breaker.mayPass()).toBe(true);
});
