import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CountedFraming } from '../test/stream-rig.js';
import { STALL_MS, Streams, type StreamWriter } from './streams.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: 0 });
  // Fake timers do not replace the `performance` of node:perf_hooks.
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

// uWebSockets.js closes such a connection by itself after about the default time, so a test with
// real sockets would also pass with a longer time.
test('a client that reads nothing is cut off after 10 s, unless it makes progress', () => {
  const streams = new Streams(STALL_MS);
  const abandoned = new Set<string>();
  const named = (name: string): StreamWriter => ({
    framing: new CountedFraming(true),
    enqueue: () => undefined,
    flush: () => undefined,
    abandon: () => void abandoned.add(name),
  });
  const [stalled, moving] = [named('stalled'), named('moving')];
  streams.handleStuck(stalled);
  streams.handleStuck(moving);
  vi.advanceTimersByTime(9000);
  streams.handleMoved(moving);
  streams.handleStuck(moving);
  expect([...abandoned]).toEqual([]);
  vi.advanceTimersByTime(2000);
  expect([...abandoned]).toEqual(['stalled']);
  streams.handleMoved(moving);
  vi.advanceTimersByTime(60_000);
  expect([...abandoned]).toEqual(['stalled']);
  streams.close();
});
