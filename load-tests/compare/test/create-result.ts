import type { LoadResult } from '../src/result.js';

/** A faultless result of a load, with changes: for tests. */
export function createResult(changes: Partial<LoadResult> = {}): LoadResult {
  return {
    publishes_per_s: 1000,
    deliveries_per_s: 1_000_000,
    latency_ms: { p50: 1, p99: 2, max: 3 },
    generator_cpu_share: 0.25,
    server_cpu_share: 1,
    strange_cpu_share: 0,
    server_cpu_s_per_million: 1,
    lost: 0,
    undrained: 0,
    doubled: 0,
    reordered: 0,
    publishes_refused: 0,
    first_refusal: '',
    closes: {},
    stalls: 0,
    publishers_closed: 0,
    ...changes,
  };
}
