// Subscribers over /ws and publishers over /api/publish: is everything delivered, once, in order, how fast?
// Run it with `make loadtest`; settings and what is counted are in load-tests/README.md.
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { Api } from '../lib/api.ts';
import { thresholds } from '../lib/metrics.ts';
import { awaitSubscribers, publishEnds, publishShare } from '../lib/publisher.ts';
import { readSettings } from '../lib/settings.ts';
import { subscribe } from '../lib/subscriber.ts';
import { summarize } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const SUBSCRIBE_LIMIT_S = 60;
const DRAIN_LIMIT_S = 15;

const settings = readSettings();
const api = new Api(settings.baseUrl);
const runLimitS = SUBSCRIBE_LIMIT_S + settings.durationS + DRAIN_LIMIT_S;

function once(name: 'subscriber' | 'publisher', vus: number, graceS: number) {
  return {
    executor: 'per-vu-iterations' as const,
    exec: name,
    vus,
    iterations: 1,
    maxDuration: `${Math.ceil(runLimitS + graceS)}s`,
    gracefulStop: '1s',
  };
}

export const options: Options = {
  scenarios: {
    subscribers: once('subscriber', settings.subscribers, 5),
    publishers: once('publisher', settings.publishers, 0),
  },
  thresholds: thresholds(settings.limitsMs),
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'max'],
};

interface Run {
  /** Fresh for every run, so that no other run's items are met. */
  readonly channels: readonly string[];
}

export function setup(): Run {
  const reason = api.unreachable();
  if (reason !== null) exec.test.abort(reason);
  const run = Date.now().toString(36);
  return { channels: Array.from({ length: settings.channels }, (_, n) => `load-${run}-${n}`) };
}

export function subscriber({ channels }: Run): void {
  const channel = channels[exec.scenario.iterationInTest % channels.length] ?? '';
  subscribe(settings.baseUrl, channel, runLimitS * 1000);
}

export function publisher({ channels }: Run): void {
  const own = channels.filter(
    (_, n) => n % settings.publishers === exec.scenario.iterationInTest % settings.publishers,
  );
  const missing = awaitSubscribers(api, channels, settings.subscribers, SUBSCRIBE_LIMIT_S);
  const ratePerS = (settings.ratePerS * own.length) / channels.length;
  const last =
    missing > 0
      ? []
      : publishShare(api, { channels: own, ratePerS, durationS: settings.durationS });
  publishEnds(api, own, last);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const files: Record<string, string> = { stdout: summarize(data, settings) };
  if (__ENV.RESULTS_FILE) files[__ENV.RESULTS_FILE] = JSON.stringify(data, null, 2);
  return files;
}
