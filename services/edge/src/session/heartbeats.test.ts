import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Heartbeats, type Peer } from './timeouts.js';

class FakePeer implements Peer {
  lastSeenMs = Date.now();
  lastPingMs = Date.now();
  pings = 0;
  closed: string | undefined;

  ping(): void {
    this.pings++;
  }

  close(kind: 'noPong'): void {
    this.closed = kind;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const OPTIONS = { pingIntervalMs: 1000, pingTimeoutMs: 3000, now: () => Date.now() };

test('each peer is pinged once an interval, and closed after the time-out without a sign of life', () => {
  const [silent, alive] = [new FakePeer(), new FakePeer()];
  const heartbeats = new Heartbeats([silent, alive], OPTIONS);
  vi.advanceTimersByTime(3500);
  expect([silent.pings, alive.pings]).toEqual([3, 3]);
  alive.lastSeenMs = Date.now();
  vi.advanceTimersByTime(600);
  expect([silent.closed, alive.closed]).toEqual(['noPong', undefined]);
  heartbeats.stop();
  vi.advanceTimersByTime(60_000);
  expect(alive.closed).toBeUndefined();
});
