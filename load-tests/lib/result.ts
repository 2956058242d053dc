/** A metric of k6's summary data. */
export interface SummaryMetric {
  readonly type?: string;
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

export interface Threshold {
  readonly metric: string;
  /** As k6 writes it, such as `p(95)<500`. */
  readonly condition: string;
  /** What was measured; null where k6 does not say. */
  readonly value: number | null;
  readonly held: boolean;
}

/** What a run was asked for and what it means, beside k6's own figures. */
export interface RunDetails {
  readonly scenario: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Deliveries a second that the run asked of k6, and what one core of k6 can receive. */
  readonly generator: { readonly askedPerS: number; readonly low: number; readonly high: number };
  readonly remarks: readonly string[];
}

/** The contents of results/<scenario>.json. */
export interface RunResult extends RunDetails {
  readonly thresholds: readonly Threshold[];
  /** The scenario's own counters, by metric. */
  readonly counts: Readonly<Record<string, number>>;
  /** k6's own summary, all metrics. */
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
}

const OF_K6 = /^(http_|ws_|grpc_|data_|browser_|iterations$|dropped_iterations$|checks$|vus)/;
const FIRST = ['published', 'received', 'lost', 'doubled', 'reordered'];
const SECRET = /key|secret|token|password/i;

/** The entries in a fixed order: k6's differs from run to run. */
function sortEntries<T>(entries: Readonly<Record<string, T>>): [string, T][] {
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return Object.entries(entries).toSorted(
    ([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : Number(a > b)),
  );
}

function listThresholds(metrics: RunResult['metrics']): Threshold[] {
  return sortEntries(metrics).flatMap(([metric, { values, thresholds = {} }]) =>
    sortEntries(thresholds).map(([condition, { ok }]) => {
      const [aggregate = ''] = /^[a-z]+(\([\d.]+\))?/.exec(condition.trim()) ?? [];
      return { metric, condition, value: values[aggregate] ?? null, held: ok };
    }),
  );
}

function listCounts(metrics: RunResult['metrics']): Record<string, number> {
  const own = sortEntries(metrics).filter(
    ([name, { type = 'counter' }]) => !OF_K6.test(name) && type === 'counter',
  );
  return Object.fromEntries(own.map(([name, { values }]) => [name, values['count'] ?? 0]));
}

/** Builds the result of a run from k6's metrics. Settings that may hold a secret are left out. */
export function buildResult(details: RunDetails, metrics: RunResult['metrics']): RunResult {
  const settings = sortEntries(details.settings).filter(([name]) => !SECRET.test(name));
  return {
    ...details,
    settings: Object.fromEntries(settings),
    thresholds: listThresholds(metrics),
    counts: listCounts(metrics),
    metrics,
  };
}
