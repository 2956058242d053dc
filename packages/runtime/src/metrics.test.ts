import { createRequire, syncBuiltinESMExports } from 'node:module';
import type perfHooks from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { afterEach, expect, test, vi } from 'vitest';
import { registerDelayMetrics } from './event-loop-delay.js';
import { createRegistry } from './metrics.js';

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

/** A fake of `monitorEventLoopDelay` without a clock: it holds intervals in ns. */
class FakeHistogram {
  intervals: number[] = [];

  get min(): number {
    return this.intervals.length === 0 ? 2 ** 63 : Math.min(...this.intervals);
  }
  get max(): number {
    return Math.max(0, ...this.intervals);
  }
  get mean(): number {
    return this.intervals.reduce((sum, each) => sum + each, 0) / this.intervals.length;
  }
  get stddev(): number {
    return this.intervals.length === 0 ? NaN : 7e6;
  }
  percentile(percent: number): number {
    const sorted = this.intervals.toSorted((a, b) => a - b);
    return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 511;
  }
  reset(): void {
    this.intervals = [];
  }
}

/** The figures of one scrape, by name. */
async function scrape(registry: Registry): Promise<Record<string, string>> {
  const lines = (await registry.metrics()).split('\n');
  const pairs = lines.flatMap((line) => {
    const match = /^nodejs_eventloop_lag_(\w+)_seconds (\S+)$/.exec(line);
    return match ? [[match[1], match[2]]] : [];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

const NONE = { min: '0', max: '0', mean: '0', stddev: '0', p50: '0', p90: '0', p99: '0' };

test('the event loop delay is what exceeds the interval, since the last scrape', async () => {
  const registry = new Registry();
  const histogram = new FakeHistogram();
  registerDelayMetrics(registry, histogram);
  expect(await scrape(registry)).toEqual(NONE);

  histogram.intervals = [99.5e6, 100e6, 150e6, 450e6];
  expect(await scrape(registry)).toEqual({
    min: '0',
    max: '0.35',
    mean: '0.099875',
    stddev: '0.007',
    p50: '0',
    p90: '0.35',
    p99: '0.35',
  });
  expect(await scrape(registry)).toEqual(NONE);
});

test('a registry has these figures once, and its monitor wakes the process ten times a second', async () => {
  const monitor = vi.spyOn(
    createRequire(import.meta.url)('node:perf_hooks') as typeof perfHooks,
    'monitorEventLoopDelay',
  );
  syncBuiltinESMExports();
  const registry = createRegistry();
  const resolutions = monitor.mock.calls.map(([options]) => options?.resolution);
  expect(resolutions).toEqual([2 ** 31 - 1, 100]);
  expect(Object.keys(await scrape(registry)).toSorted()).toEqual(Object.keys(NONE).toSorted());
});
