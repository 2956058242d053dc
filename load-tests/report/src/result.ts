import type { PercentileStep } from './histogram.ts';
import { latencyOf, type Interval, type LatencyMs, type Timeline } from './timeline.ts';

/** What a scenario's end says, as `summarize` in lib/summary.ts has completed it. */
export interface Summary {
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly remarks?: readonly string[];
  readonly generator?: GeneratorLimit;
}

export interface SummaryMetric {
  readonly type?: string;
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

/** What one core of k6 takes in, and what the run asked it to, in deliveries a second. */
export interface GeneratorLimit {
  readonly askedPerS: number;
  readonly low: number;
  readonly high: number;
}

export interface Threshold {
  readonly metric: string;
  /** As k6 has it, such as `p(95)<500`. */
  readonly condition: string;
  /** What was measured; null when k6 does not say. */
  readonly value: number | null;
  readonly held: boolean;
}

/** What is written to results/<scenario>.json; the report shows it and nothing else. */
export interface RunResult {
  readonly scenario: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly thresholds: readonly Threshold[];
  /** The scenario's own counters, by metric. */
  readonly counts: Readonly<Record<string, number>>;
  /** How many latencies were measured: one of each delivery. */
  readonly deliveries: number;
  readonly latencyMs: LatencyMs | null;
  /** The curve of all latencies: rising in both, to 100 percent. */
  readonly percentiles: readonly PercentileStep[];
  /** Length of an interval in seconds. */
  readonly intervalS: number;
  readonly intervals: readonly Interval[];
  /** Deliveries a second of the busiest interval. */
  readonly busiestPerS: number;
  readonly generator: GeneratorLimit | null;
  /** Whether k6 was probably the limit; null when the scenario does not say what it asked for. */
  readonly generatorWasLimit: boolean | null;
  readonly remarks: readonly string[];
  /** k6's own summary, all metrics. */
  readonly metrics: Summary['metrics'];
}

const OF_K6 = /^(http_|ws_|grpc_|data_|browser_|iterations$|dropped_iterations$|checks$|vus)/;
const FIRST = ['published', 'received', 'lost', 'doubled', 'reordered'];
const SECRET = /key|secret|token|password/i;

/** k6 writes objects in another order each time. */
function inOrder<T>(entries: Readonly<Record<string, T>>): [string, T][] {
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  return Object.entries(entries).toSorted(([a], [b]) => rank(a) - rank(b) || compare(a, b));
}

function thresholdsOf(metrics: Summary['metrics']): Threshold[] {
  return inOrder(metrics).flatMap(([metric, { values, thresholds = {} }]) =>
    inOrder(thresholds).map(([condition, { ok }]) => {
      const [aggregate = ''] = /^[a-z]+(\([\d.]+\))?/.exec(condition.trim()) ?? [];
      return { metric, condition, value: values[aggregate] ?? null, held: ok };
    }),
  );
}

function countsOf(metrics: Summary['metrics']): Record<string, number> {
  const own = inOrder(metrics).filter(
    ([name, { type, values }]) =>
      !OF_K6.test(name) && values['count'] !== undefined && (type ?? 'counter') === 'counter',
  );
  return Object.fromEntries(own.map(([name, { values }]) => [name, values['count'] ?? 0]));
}

/** Puts together what k6 said at the end and what was seen second by second. */
export function resultOf(scenario: string, summary: Summary, timeline: Timeline): RunResult {
  const { metrics, generator = null } = summary;
  const latencies = timeline.latencies();
  const intervals = timeline.intervals();
  const busiestPerS = intervals.reduce((most, each) => Math.max(most, each.deliveriesPerS), 0);
  const settings = inOrder(summary.settings ?? {}).filter(([name]) => !SECRET.test(name));
  return {
    scenario,
    startedAt: new Date(timeline.isEmpty ? 0 : timeline.firstSecond * 1000).toISOString(),
    settings: Object.fromEntries(settings),
    thresholds: thresholdsOf(metrics),
    counts: countsOf(metrics),
    deliveries: latencies.count,
    latencyMs: latencyOf(latencies),
    percentiles: latencies.steps(),
    intervalS: timeline.intervalS,
    intervals,
    busiestPerS,
    generator,
    generatorWasLimit: generator && Math.max(generator.askedPerS, busiestPerS) >= generator.low,
    remarks: summary.remarks ?? [],
    metrics,
  };
}
