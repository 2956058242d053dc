import { buildResult } from './result.ts';
import type { RunResult, SummaryMetric } from './result.ts';
import type { Settings } from './settings.ts';

/** Deliveries a second that one core of k6 can receive, measured: on a busy machine, and on an idle one. */
const K6_DELIVERIES_PER_S = { low: 40_000, high: 80_000 };

/** k6's timers count as late beyond this share of the latency limit at p95. */
const LAG_SHARE = 0.1;

/** The part of k6's summary data that is read here. */
export interface SummaryData {
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
  readonly state: { readonly testRunDurationMs: number };
}

const COUNTS = [
  'received',
  'lost',
  'doubled',
  'reordered',
  'connection_errors',
  'ends_missed',
  'not_subscribed',
  'gaps_reported',
  'publish_errors',
];
/** Only some scenarios have these. */
const OPTIONAL_COUNTS = ['returned', 'caught_up', 'wrong_answers'];
const OPTIONAL_TIMES = ['connect_time', 'return_time', 'slow_latency'];

function readValue({ metrics }: SummaryData, metric: string, key = 'count'): number {
  return metrics[metric]?.values[key] ?? 0;
}

/** Deliveries a second that the settings ask for. */
function countAskedDeliveries(settings: Settings): number {
  const { ratePerS, subscribers, channels, channelsPerSubscriber } = settings;
  return (ratePerS * subscribers * channelsPerSubscriber) / channels;
}

/** Sentences about whether k6 or its publishers limited the run. */
function listRemarks(data: SummaryData, settings: Settings, publishedPerS: number): string[] {
  const { ratePerS, limitsMs } = settings;
  const askedPerS = countAskedDeliveries(settings);
  const lagMs = readValue(data, 'timer_lag', 'p(95)');
  const { low, high } = K6_DELIVERIES_PER_S;
  return [
    askedPerS >= low
      ? `k6 itself was probably the limit: this run asked for ${Math.round(askedPerS)} deliveries/s, and one core of k6 takes in ${low} to ${high}. For limits use the generator, see load-tests/README.md.`
      : '',
    lagMs > LAG_SHARE * limitsMs.p95
      ? `k6 itself was short of CPU: one in twenty of its own timers woke ${lagMs.toFixed(0)} ms late or more, which is in the latencies, too.`
      : '',
    publishedPerS < 0.95 * ratePerS
      ? `The publishers reached ${publishedPerS.toFixed(0)} of ${ratePerS} publications/s: each waits for its answers.`
      : '',
  ].filter((sentence) => sentence !== '');
}

const toWords = (metric: string) => metric.replace('_', ' ').replace(/\{\w+:(\w+)\}/, ' ($1)');

function listRows(data: SummaryData, settings: Settings, publishedPerS: number) {
  const ms = (metric: string, key: string) => `${readValue(data, metric, key).toFixed(0)} ms`;
  const isThere = (metric: string) => data.metrics[metric] !== undefined;
  // By protocol or by reader, where a threshold asked for it.
  const parts = Object.keys(data.metrics).filter((metric) => metric.startsWith('received{'));
  const counts = [...COUNTS, ...parts, ...OPTIONAL_COUNTS.filter(isThere)];
  return [
    ['subscribers', `${settings.subscribers} on ${settings.channels} channel(s)`],
    ['published', `${readValue(data, 'published')} (${publishedPerS.toFixed(1)}/s)`],
    ...[50, 95, 99].map((p) => [`latency p${p}`, ms('delivery_latency', `p(${p})`)]),
    ...OPTIONAL_TIMES.filter(isThere).map((time) => [`${toWords(time)} p99`, ms(time, 'p(99)')]),
    ...counts.map((metric) => [toWords(metric), String(readValue(data, metric))]),
  ];
}

/** The end of a run in a few lines: figures, broken thresholds, and remarks. */
function printSummary(result: RunResult, rows: readonly string[][]): string {
  const broken = result.thresholds.filter(({ held }) => !held);
  const names = broken.map(({ metric, condition }) => `${metric} ${condition}`);
  const lines = [
    `${result.scenario} on ${String(result.settings['baseUrl'])}`,
    ...rows.map(([name = '', value]) => `  ${name.padEnd(22)}${value}`),
    '',
    broken.length === 0 ? 'All thresholds held.' : `Thresholds broken: ${names.join('; ')}.`,
    ...result.remarks,
  ];
  return `\n${lines.join('\n')}\n`;
}

/** The answer of handleSummary: the summary for the terminal, and the result for RESULTS_FILE. */
export function writeResults(data: SummaryData, settings: Settings): Record<string, string> {
  const publishedPerS = readValue(data, 'published') / settings.durationS;
  const details = {
    scenario: settings.scenario,
    startedAt: new Date(Date.now() - data.state.testRunDurationMs).toISOString(),
    settings: { ...settings },
    generator: { askedPerS: countAskedDeliveries(settings), ...K6_DELIVERIES_PER_S },
    remarks: listRemarks(data, settings, publishedPerS),
  };
  const result = buildResult(details, data.metrics);
  const stdout = printSummary(result, listRows(data, settings, publishedPerS));
  const file = __ENV.RESULTS_FILE;
  return file ? { stdout, [file]: `${JSON.stringify(result, null, 2)}\n` } : { stdout };
}
