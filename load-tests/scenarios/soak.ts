// Few items for a long time, over both WebSocket wires: DURATION says how long.
import { subscribeOverEither, wireThresholds } from '../lib/both-wires.ts';
import { begin, once, optionsOf, publishRun } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { writeResults } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const settings = readSettings(
  'soak',
  { VUS: 50, RATE: 5, DURATION: '5m', CHANNEL_COUNT: 5 },
  { leastVus: 2 },
);

export const options = optionsOf(
  settings,
  {
    subscribers: once(settings, 'subscriber', settings.subscribers),
    publishers: once(settings, 'publisher', settings.publishers),
  },
  wireThresholds(['seed', 'centrifuge']),
);

export const setup = (): Run => begin(settings);

export function subscriber(run: Run): void {
  subscribeOverEither(settings, run);
}

export function publisher(run: Run): void {
  publishRun(settings, run);
}

export const handleSummary = (data: SummaryData) => writeResults(data, settings);
