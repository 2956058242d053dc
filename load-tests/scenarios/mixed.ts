// The same items over the seed wire, the Centrifuge wire and SSE, a third of VUS each.
import exec from 'k6/execution';
import { subscribeOverEither, wireThresholds } from '../lib/both-wires.ts';
import { begin, limitMs, once, optionsOf, publishRun } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { listenerMissing, subscribeOverSse } from '../lib/sse-subscribers.ts';
import { writeResults } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const settings = readSettings(
  'mixed',
  { VUS: 150, RATE: 50, DURATION: '10s', CHANNEL_COUNT: 5 },
  { leastVus: 3 },
);
const overSse = Math.ceil(settings.subscribers / 3);

export const options = optionsOf(
  settings,
  {
    subscribers: once(settings, 'subscriber', settings.subscribers - overSse),
    sse: once(settings, 'sse', 1),
    publishers: once(settings, 'publisher', settings.publishers),
  },
  wireThresholds(['seed', 'centrifuge', 'sse']),
);

export function setup(): Run {
  const missing = listenerMissing();
  if (missing !== null) exec.test.abort(missing);
  return begin(settings);
}

export function subscriber(run: Run): void {
  subscribeOverEither(settings, run);
}

/** One VU judges what all of the SSE connections had. */
export function sse({ channels }: Run): void {
  const { baseUrl } = settings;
  subscribeOverSse({ baseUrl, channels, connections: overSse, limitMs: limitMs(settings) });
}

export function publisher(run: Run): void {
  publishRun(settings, run);
}

export const handleSummary = (data: SummaryData) => writeResults(data, settings);
