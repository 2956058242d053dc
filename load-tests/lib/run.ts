// What the scenarios have in common: subscribers that wait for their channels' ends, and publishers.
import exec from 'k6/execution';
import type { Options, PerVUIterationsScenario } from 'k6/options';
import { Api } from './api.ts';
import { thresholds } from './metrics.ts';
import type { Thresholds } from './metrics.ts';
import { awaitSubscribers, publishEnds, publishShare, publishSingly } from './publisher.ts';
import type { Publish } from './publisher.ts';
import type { Settings } from './settings.ts';

const SUBSCRIBE_LIMIT_S = 60;
const DRAIN_LIMIT_S = 15;

/** What setup() hands to the VUs. */
export interface Run {
  /** Fresh for every run, so that no other run's items are met. */
  readonly channels: readonly string[];
}

/** After which every subscriber has left, in ms. */
export function limitMs({ durationS }: Settings): number {
  return (SUBSCRIBE_LIMIT_S + durationS + DRAIN_LIMIT_S) * 1000;
}

/** VUs that each run the exported function `name` once. */
export function once(settings: Settings, name: string, vus: number): PerVUIterationsScenario {
  return {
    executor: 'per-vu-iterations',
    exec: name,
    vus,
    iterations: 1,
    maxDuration: `${Math.ceil(limitMs(settings) / 1000) + 5}s`,
    gracefulStop: '1s',
  };
}

/** k6's options: who runs, and the thresholds of all scenarios with this one's own. */
export function optionsOf(
  settings: Settings,
  scenarios: NonNullable<Options['scenarios']>,
  own: Thresholds = {},
): Options {
  return {
    scenarios,
    thresholds: { ...thresholds(settings.limitsMs), ...own },
    summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'max'],
  };
}

/** What setup() does: ends the test where nothing answers, and names the channels. */
export function begin(settings: Settings): Run {
  const reason = new Api(settings.baseUrl).unreachable();
  if (reason !== null) exec.test.abort(reason);
  const run = Date.now().toString(36);
  return { channels: Array.from({ length: settings.channels }, (_, n) => `load-${run}-${n}`) };
}

/** Which of a k6 scenario's VUs this is, from 0. */
export function index(): number {
  return exec.scenario.iterationInTest;
}

/** The channel of the subscriber with this number. */
export function channelOf({ channels }: Run, number: number): string {
  return channels[number % channels.length] ?? '';
}

/** The channels of a subscriber that has several: those behind its predecessor's. */
export function channelsOf(run: Run, number: number, each: number): string[] {
  return Array.from({ length: each }, (_, n) => channelOf(run, number * each + n));
}

/** Those channels that this one of the publishers keeps to. */
export function sharedOut({ channels }: Run, publishers: number): string[] {
  return channels.filter((_, n) => n % publishers === index() % publishers);
}

/** When a publisher waits for the subscribers: before its first item, or before the end alone. */
export type Waits = 'first' | 'before the end';

/** A publisher's whole run: waits for all subscribers, publishes its share, and ends its channels. */
export function publishRun(
  settings: Settings,
  run: Run,
  waits: Waits = 'first',
  publish?: Publish,
): void {
  const api = new Api(settings.baseUrl);
  const expected = settings.subscribers * settings.channelsPerSubscriber;
  const wait = () => awaitSubscribers(api, run.channels, expected, SUBSCRIBE_LIMIT_S);
  const channels = sharedOut(run, settings.publishers);
  const ratePerS = (settings.ratePerS * channels.length) / run.channels.length;
  const share = { ...settings, channels, ratePerS };
  const missing = waits === 'first' ? wait() : 0;
  const last = missing > 0 ? [] : publishShare(share, publish ?? publishSingly(api));
  if (waits === 'before the end') wait();
  publishEnds(api, channels, last);
}
