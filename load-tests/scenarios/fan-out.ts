// One item to many subscribers over the seed wire: is all delivered, once, in order, and how fast.
import { begin, channelOf, index, limitMs, once, optionsOf, publishRun } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { subscribe } from '../lib/seed-subscriber.ts';
import { readSettings } from '../lib/settings.ts';
import { writeResults } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const settings = readSettings('fan-out', {
  VUS: 200,
  RATE: 100,
  DURATION: '10s',
  CHANNEL_COUNT: 1,
});

export const options = optionsOf(settings, {
  subscribers: once(settings, 'subscriber', settings.subscribers),
  publishers: once(settings, 'publisher', settings.publishers),
});

export const setup = (): Run => begin(settings);

export function subscriber(run: Run): void {
  subscribe(settings.baseUrl, channelOf(run, index()), limitMs(settings));
}

export function publisher(run: Run): void {
  publishRun(settings, run);
}

export const handleSummary = (data: SummaryData) => writeResults(data, settings);
