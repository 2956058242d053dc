// Connections that come one after the other for all of DURATION, while items are published.
import { setTimeout } from 'k6/timers';
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { begin, channelOf, index, limitMs, once, optionsOf, publishRun } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { writeResults } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const settings = readSettings('ramp', { VUS: 500, RATE: 10, DURATION: '10s', CHANNEL_COUNT: 5 });
const { p95, p99 } = settings.limitsMs;

export const options = optionsOf(
  settings,
  {
    subscribers: once(settings, 'subscriber', settings.subscribers),
    publishers: once(settings, 'publisher', settings.publishers),
  },
  { connect_time: [`p(95)<${p95}`, `p(99)<${p99}`] },
);

export const setup = (): Run => begin(settings);

/** Whoever comes later is owed less: it is judged from the offset at which its subscription began. */
export function subscriber(run: Run): void {
  const channels = [channelOf(run, index())];
  const afterMs = (index() / settings.subscribers) * settings.durationS * 1000;
  const plan = { baseUrl: settings.baseUrl, channels, limitMs: limitMs(settings) };
  setTimeout(() => void new CentrifugeClient(plan), afterMs);
}

export function publisher(run: Run): void {
  publishRun(settings, run, 'before the end');
}

export const handleSummary = (data: SummaryData) => writeResults(data, settings);
