import type { Settings } from './settings.ts';

/** Deliveries a second that one core of k6 takes in, measured: on a busy machine, and on an idle one. */
const K6_DELIVERIES_PER_S = { low: 40_000, high: 80_000 };

/** The part of k6's summary data that is read here. */
export interface SummaryData {
  readonly metrics: Record<
    string,
    {
      readonly values: Record<string, number>;
      readonly thresholds?: Record<string, { readonly ok: boolean }>;
    }
  >;
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

function remarks(settings: Settings, publishedPerS: number): string[] {
  const { ratePerS, subscribers, channels } = settings;
  const askedPerS = (ratePerS * subscribers) / channels;
  const sentences: string[] = [];
  if (askedPerS >= K6_DELIVERIES_PER_S.low) {
    sentences.push(
      `k6 itself was probably the limit: this run asked for ${Math.round(askedPerS)} deliveries/s, ` +
        `and one core of k6 takes in ${K6_DELIVERIES_PER_S.low} to ${K6_DELIVERIES_PER_S.high}. For limits use the generator, see load-tests/README.md.`,
    );
  }
  if (publishedPerS < 0.95 * ratePerS) {
    sentences.push(
      `The publisher reached ${publishedPerS.toFixed(0)} of ${ratePerS} publications/s: it waits for each answer.`,
    );
  }
  return sentences;
}

function rows(data: SummaryData, settings: Settings, publishedPerS: number): [string, string][] {
  const ms = (key: string) => `${valueOf(data, 'delivery_latency', key).toFixed(0)} ms`;
  const counts = ['received', 'lost', 'doubled', 'reordered', 'connection_errors', 'ends_missed'];
  return [
    ['subscribers', `${settings.subscribers} on ${settings.channels} channel(s)`],
    ['published', `${valueOf(data, 'published')} (${publishedPerS.toFixed(1)}/s)`],
    ['latency p50', ms('p(50)')],
    ['latency p95', ms('p(95)')],
    ['latency p99', ms('p(99)')],
    ...[...counts, 'not_subscribed', 'publish_errors'].map((metric): [string, string] => [
      metric.replace('_', ' '),
      String(valueOf(data, metric)),
    ]),
  ];
}

/** The end of a run in a few lines: figures, broken thresholds, and what to make of them. */
export function summarize(data: SummaryData, settings: Settings): string {
  const publishedPerS = valueOf(data, 'published') / settings.durationS;
  const failed = failedThresholds(data);
  const lines = [
    ...rows(data, settings, publishedPerS).map(([name, value]) => `  ${name.padEnd(18)}${value}`),
    '',
    failed.length === 0 ? 'All thresholds held.' : `Thresholds broken: ${failed.join('; ')}.`,
    ...remarks(settings, publishedPerS),
  ];
  return `\n${lines.join('\n')}\n`;
}
