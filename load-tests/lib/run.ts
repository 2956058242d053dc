// What the scenarios share: subscribers that wait for the end of their channels, and publishers.
import exec from 'k6/execution';
import type { Options, PerVUIterationsScenario } from 'k6/options';
import { Api } from './api.ts';
import { thresholds } from './metrics.ts';
import type { Thresholds } from './metrics.ts';
import { awaitSubscribers, publishEnds, publishShare, publishSingly } from './publisher.ts';
import type { Publish } from './publisher.ts';
import type { Settings } from './settings.ts';
import { writeResults } from './summary.ts';
import type { SummaryData } from './summary.ts';

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

/** How a scenario differs from one in which every VU subscribes and publishers wait for all of them. */
export interface Parts {
  /** VUs by the exported function that each of them runs once. */
  readonly roles?: Readonly<Record<string, number>>;
  /** In addition to the thresholds of all scenarios. */
  readonly thresholds?: Thresholds;
  readonly waits?: Waits;
  /** Makes the function with which a publisher publishes, instead of one by one. */
  readonly publish?: (api: Api) => Publish;
}

/** What every scenario exports beside its own roles: `export const { options, … } = defineScenario(…)`. */
export function defineScenario(settings: Settings, parts: Parts = {}) {
  const { roles = { subscriber: settings.subscribers }, waits = 'first' } = parts;
  const all = Object.entries({ ...roles, publisher: settings.publishers });
  const options: Options = {
    scenarios: Object.fromEntries(all.map(([name, vus]) => [name, runOnce(settings, name, vus)])),
    thresholds: { ...thresholds(settings.limitsMs), ...parts.thresholds },
    summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'max'],
  };
  return {
    options,
    setup: () => begin(settings),
    publisher: (run: Run) => publishRun(settings, run, waits, parts.publish ?? publishSingly),
    handleSummary: (data: SummaryData) => writeResults(data, settings),
  };
}

/** VUs that each run the exported function `name` once. */
function runOnce(settings: Settings, name: string, vus: number): PerVUIterationsScenario {
  return {
    executor: 'per-vu-iterations',
    exec: name,
    vus,
    iterations: 1,
    maxDuration: `${Math.ceil(limitMs(settings) / 1000) + 5}s`,
    gracefulStop: '1s',
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
export function chooseChannel({ channels }: Run, number: number): string {
  return channels[number % channels.length] ?? '';
}

/** The channels of a subscriber that has several: those behind its predecessor's. */
export function chooseChannels(run: Run, number: number, each: number): string[] {
  return Array.from({ length: each }, (_, n) => chooseChannel(run, number * each + n));
}

/** Those channels that this one of the publishers keeps to. */
function sharedOut({ channels }: Run, publishers: number): string[] {
  return channels.filter((_, n) => n % publishers === index() % publishers);
}

/** When a publisher waits for the subscribers: before its first item, or before the end alone. */
export type Waits = 'first' | 'before the end';

/** A publisher's whole run: waits for all subscribers, publishes its share, and ends its channels. */
function publishRun(
  settings: Settings,
  run: Run,
  waits: Waits,
  createPublish: (api: Api) => Publish,
): void {
  const api = new Api(settings.baseUrl);
  const expected = settings.subscribers * settings.channelsPerSubscriber;
  const wait = () => awaitSubscribers(api, run.channels, expected, SUBSCRIBE_LIMIT_S);
  const channels = sharedOut(run, settings.publishers);
  const ratePerS = (settings.ratePerS * channels.length) / run.channels.length;
  const share = { ...settings, channels, ratePerS };
  const missing = waits === 'first' ? wait() : 0;
  const last = missing > 0 ? [] : publishShare(share, createPublish(api));
  if (waits === 'before the end') wait();
  publishEnds(api, channels, last);
}
