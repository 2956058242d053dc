import type { Settings } from './settings.ts';

/** Deliveries a second that one core of k6 takes in, measured: on a busy machine, and on an idle one. */
const K6_DELIVERIES_PER_S = { low: 40_000, high: 80_000 };

/** k6's timers count as late beyond this share of what the latency at p95 may be. */
const LAG_SHARE = 0.1;

/** The part of k6's summary data that is read here, and what is added to it for the report. */
export interface SummaryData {
  readonly metrics: Record<
    string,
    {
      readonly values: Record<string, number>;
      readonly thresholds?: Record<string, { readonly ok: boolean }>;
    }
  >;
  settings?: Settings;
  remarks?: readonly string[];
  /** What one core of k6 takes in, and what the run asked it to, in deliveries a second. */
  generator?: { readonly askedPerS: number; readonly low: number; readonly high: number };
}

function valueOf(data: SummaryData, metric: string, key = 'count'): number {
  return data.metrics[metric]?.values[key] ?? 0;
}

function failedThresholds(data: SummaryData): string[] {
  return Object.entries(data.metrics).flatMap(([metric, { thresholds = {} }]) =>
    Object.entries(thresholds)
      .filter(([, { ok }]) => !ok)
      .map(([condition]) => `${metric} ${condition}`),
  );
}

/** Deliveries a second that the settings ask for. */
function askedPerSecond(settings: Settings): number {
  const { ratePerS, subscribers, channels, channelsPerSubscriber } = settings;
  return (ratePerS * subscribers * channelsPerSubscriber) / channels;
}

function remarks(data: SummaryData, settings: Settings, publishedPerS: number): string[] {
  const { ratePerS, limitsMs } = settings;
  const askedPerS = askedPerSecond(settings);
  const lagMs = valueOf(data, 'timer_lag', 'p(95)');
  const sentences: string[] = [];
  if (askedPerS >= K6_DELIVERIES_PER_S.low) {
    sentences.push(
      `k6 itself was probably the limit: this run asked for ${Math.round(askedPerS)} deliveries/s, ` +
        `and one core of k6 takes in ${K6_DELIVERIES_PER_S.low} to ${K6_DELIVERIES_PER_S.high}. For limits use the generator, see load-tests/README.md.`,
    );
  }
  if (lagMs > LAG_SHARE * limitsMs.p95) {
    sentences.push(
      `k6 itself was short of CPU: one in twenty of its own timers woke ${lagMs.toFixed(0)} ms late or more, which is in the latencies, too.`,
    );
  }
  if (publishedPerS < 0.95 * ratePerS) {
    sentences.push(
      `The publishers reached ${publishedPerS.toFixed(0)} of ${ratePerS} publications/s: each waits for its answers.`,
    );
  }
  return sentences;
}

const COUNTS = [
  'received',
  'lost',
  'doubled',
  'reordered',
  'connection_errors',
  'ends_missed',
  'not_subscribed',
  'gaps_told',
  'publish_errors',
];
/** Only some scenarios have these. */
const COUNTS_OF_SOME = ['returned', 'caught_up', 'wrong_answers'];
const TIMES_OF_SOME = ['connect_time', 'return_time', 'slow_latency'];

/** By wire or by reader, where a threshold asked for it: `received{wire:sse}`. */
function partsOf(data: SummaryData): string[] {
  return Object.keys(data.metrics).filter((metric) => metric.startsWith('received{'));
}

function has(data: SummaryData, metric: string): boolean {
  return data.metrics[metric] !== undefined;
}

function rows(data: SummaryData, settings: Settings, publishedPerS: number): [string, string][] {
  const ms = (metric: string, key: string) => `${valueOf(data, metric, key).toFixed(0)} ms`;
  const { subscribers, channels } = settings;
  const counts = [...COUNTS, ...partsOf(data), ...COUNTS_OF_SOME.filter((name) => has(data, name))];
  const times = TIMES_OF_SOME.filter((name) => has(data, name));
  return [
    ['subscribers', `${subscribers} on ${channels} channel(s)`],
    ['published', `${valueOf(data, 'published')} (${publishedPerS.toFixed(1)}/s)`],
    ['latency p50', ms('delivery_latency', 'p(50)')],
    ['latency p95', ms('delivery_latency', 'p(95)')],
    ['latency p99', ms('delivery_latency', 'p(99)')],
    ...times.map((metric): [string, string] => [`${named(metric)} p99`, ms(metric, 'p(99)')]),
    ...counts.map((metric): [string, string] => [named(metric), String(valueOf(data, metric))]),
  ];
}

function named(metric: string): string {
  return metric.replace('_', ' ').replace(/\{\w+:(\w+)\}/, ' ($1)');
}

/**
 * The end of a run in a few lines: figures, broken thresholds, and what to make of them. Adds to the
 * data what k6 does not know, so that the report made of it has it too.
 */
export function summarize(data: SummaryData, settings: Settings): string {
  const publishedPerS = valueOf(data, 'published') / settings.durationS;
  const failed = failedThresholds(data);
  data.settings = settings;
  data.remarks = remarks(data, settings, publishedPerS);
  data.generator = { askedPerS: askedPerSecond(settings), ...K6_DELIVERIES_PER_S };
  const lines = [
    `${settings.scenario} on ${settings.baseUrl}`,
    ...rows(data, settings, publishedPerS).map(([name, value]) => `  ${name.padEnd(22)}${value}`),
    '',
    failed.length === 0 ? 'All thresholds held.' : `Thresholds broken: ${failed.join('; ')}.`,
    ...data.remarks,
  ];
  return `\n${lines.join('\n')}\n`;
}

/** What handleSummary answers: the summary for the terminal, and the figures for RESULTS_FILE. */
export function writeResults(data: SummaryData, settings: Settings): Record<string, string> {
  const files: Record<string, string> = { stdout: summarize(data, settings) };
  if (__ENV.RESULTS_FILE) files[__ENV.RESULTS_FILE] = JSON.stringify(data, null, 2);
  return files;
}
