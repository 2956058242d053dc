import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EdgeLeases } from './edge-leases.js';

const LEASE_MS = 1000;
let removed: string[];
let leases: EdgeLeases;

beforeEach(() => {
  vi.useFakeTimers();
  removed = [];
  const table = { beginReport: () => undefined, removeEdge: (edge: string) => removed.push(edge) };
  leases = new EdgeLeases(table, LEASE_MS);
});
afterEach(() => vi.useRealTimers());

test('the members of an edge without a link stay for the lease, and no longer', () => {
  expect(leases.handleUp('one')).toBe(false);
  leases.handleDown('one');
  vi.advanceTimersByTime(LEASE_MS - 1);
  expect(removed).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(removed).toEqual(['one']);
});

test('an edge that comes back in time keeps them, also when its lease would have ended', () => {
  leases.handleUp('one');
  leases.handleDown('one');
  vi.advanceTimersByTime(LEASE_MS - 1);
  expect(leases.handleUp('one')).toBe(true);
  vi.advanceTimersByTime(10 * LEASE_MS);
  expect(removed).toEqual([]);
});

test('an old link that is found to be gone after a new one came begins no lease', () => {
  leases.handleUp('one');
  leases.handleUp('one');
  leases.handleDown('one');
  vi.advanceTimersByTime(10 * LEASE_MS);
  expect(removed).toEqual([]);
});

test('an edge that comes back after its lease is known, and each has a lease of its own', () => {
  for (const edge of ['one', 'two']) leases.handleUp(edge);
  leases.handleDown('one');
  vi.advanceTimersByTime(LEASE_MS);
  expect(removed).toEqual(['one']);
  expect(leases.handleUp('one')).toBe(true);
  leases.handleDown('two');
  leases.close();
  vi.advanceTimersByTime(10 * LEASE_MS);
  expect(removed).toEqual(['one']);
});
