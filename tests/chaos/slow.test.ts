import { readFileSync } from 'node:fs';
import { LoadProcess, type LoadFigures } from '@newswire/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { missingFor } from './needs.js';
import { print, summary } from './report.js';
import { Stack } from './stack.js';

/** A load, of which each client gets `rate / CHANNELS` publications a second. */
interface Scenario {
  readonly clients: number;
  readonly slow: number;
  readonly rate: number;
  readonly padBytes: number;
}

// The kernel takes some 3 MB for each slow client before its edge notices: they must lag by more.
const MANY: Scenario = { clients: 1000, slow: 100, rate: 24, padBytes: 32_768 };
const FEW: Scenario = { clients: 300, slow: 100, rate: 40, padBytes: 60_000 };
const CHANNELS = 4;
const DURATION_MS = 20_000;
/** Of what they are sent, slow clients read this share. */
const SLOW_SHARE = 0.1;

/** What an edge may hold back for one slow client before it is closed with 3008. */
const MAX_BUFFERED_BYTES = 262_144;
/** How much an edge may grow. In the second test all slow clients lag by 300 MiB per edge. */
const MAX_GROWTH_MIB = 224;

const CLOSES_3008 = 'newswire_edge_closes_total{code="3008"}';

/**
 * In the test of 3008: less than the lag of a slow client at the end of the test, and more than
 * the log holds. A client that returns with a position further behind would be closed again.
 */
const MAX_LAG_BYTES = 4_194_304;
const HISTORY_SIZE = 40;

const missing = missingFor(MANY.clients);

describe.skipIf(missing.length > 0)('slow subscribers (needs nginx and redis-server)', () => {
  let stack: Stack | undefined;

  afterEach(() => stack?.stop());

  test(`${MANY.slow} of ${MANY.clients} that read at a tenth of the rate do not affect the others`, async () => {
    stack = await Stack.start({ NEWSWIRE_MAX_BUFFERED_BYTES: String(MAX_BUFFERED_BYTES) });
    const without = await run(stack, { ...MANY, slow: 0 });
    const beside = await run(stack, MANY);
    const [p99, p99Beside] = [without, beside].map(getP99) as [number, number];
    print('slow subscribers', {
      'p99 ms without them': p99,
      'p99 ms beside them': p99Beside,
      'ratio of p99': (p99Beside / p99).toFixed(2),
      'growth of the edges without them, MiB': without.growth,
      'growth of the edges beside them, MiB': beside.growth,
      'caught up': beside.end,
      ...summary(beside.figures),
    });
    expect(without.figures.gaps).toEqual([]);
    for (const each of [without, beside]) expectRight(each);
  });

  test('those that lag too far are closed with 3008, and notified of what they miss', async () => {
    stack = await Stack.start({
      NEWSWIRE_MAX_BUFFERED_BYTES: String(MAX_BUFFERED_BYTES),
      NEWSWIRE_MAX_LAG_BYTES: String(MAX_LAG_BYTES),
      NEWSWIRE_HISTORY_SIZE: String(HISTORY_SIZE),
    });
    const result = await run(stack, FEW);
    print('slow subscribers that are closed', {
      'growth of the edges, MiB': result.growth,
      'caught up': result.end,
      ...summary(result.figures),
    });
    expectRight(result);
    expect(result.closed).toBeGreaterThan(0);
  });
});

interface Result {
  readonly figures: LoadFigures;
  readonly end: { readonly ms: number; readonly behind: number };
  readonly growth: readonly number[];
  /** Connections that the edges closed with 3008. */
  readonly closed: number;
}

/** Straight to the edges: Nginx would do the waiting for slow clients. */
async function run(stack: Stack, scenario: Scenario): Promise<Result> {
  const { clients, slow, rate, padBytes } = scenario;
  const load = await LoadProcess.start({
    apiUrl: `http://127.0.0.1:${stack.center.port}`,
    webSocketUrls: stack.edgeUrls,
    channelCount: CHANNELS,
    clientCount: clients - slow,
    slowCount: slow,
    slowBytesPerSecond: (rate / CHANNELS) * padBytes * SLOW_SHARE,
    padBytes,
    seed: slow + 1,
  });
  try {
    await load.call('connect', 1000, 60_000);
    const before = stack.edges.map(rssMiB);
    await load.call('publish', rate);
    await delay(2000); // until everything is warm
    await load.call('timing', true);
    const peaks = await watch(stack, DURATION_MS);
    await load.call('timing', false);
    await load.call('hurry');
    await load.call('live', 60_000);
    await load.call('stopPublishing', 30_000);
    const end = await load.call('caughtUp', 60_000);
    const growth = peaks.map((peak, i) => peak - (before[i] ?? 0));
    const closes = stack.edges.map((edge) => edge.metric(CLOSES_3008));
    const closed = (await Promise.all(closes)).reduce((sum, count) => sum + count);
    return { figures: await load.call('figures'), end, growth, closed };
  } finally {
    await load.stop();
  }
}

/** The edges' highest resident memory during that time. */
async function watch({ edges }: Stack, durationMs: number): Promise<number[]> {
  const endMs = Date.now() + durationMs;
  let peaks = edges.map(rssMiB);
  while (Date.now() < endMs) {
    await delay(100);
    peaks = edges.map((edge, i) => Math.max(rssMiB(edge), peaks[i] ?? 0));
  }
  return peaks;
}

function getP99({ figures }: Result): number {
  return figures.kinds.clients.latencies.p99;
}

function expectRight({ figures, growth, end, closed }: Result): void {
  const { faults, verdict, publisher, gaps, kinds } = figures;
  expect(faults).toEqual([]);
  expect(verdict).toMatchObject({ lost: 0, doubled: 0, reordered: 0, skipped: 0, conflicts: 0 });
  expect([publisher.unknown, end.behind]).toEqual([0, 0]);
  expect(gaps.filter(({ subscriber }) => !subscriber.startsWith('slow'))).toEqual([]);
  expect(Object.keys(kinds.clients.counts)).toEqual(['subscribed afresh']);
  // Who takes nothing for long is cut off before it has read why: 1006.
  const { 'disconnect 3008': told = 0, 'disconnect 1006': untold = 0 } = kinds.slow.counts;
  expect(told + untold).toBe(closed);
  for (const each of growth) expect(each).toBeLessThan(MAX_GROWTH_MIB);
}

/** A process' resident memory. Linux only, as the tests are that need so many clients. */
function rssMiB({ pid }: { readonly pid: number }): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
}
