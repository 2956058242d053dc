// Many channels, ten to a connection, over the Centrifuge wire: each publication goes to a few.
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { begin, channelsOf, index, limitMs, once, optionsOf, publishRun } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { writeResults } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const CHANNELS_EACH = 10;

const settings = readSettings(
  'channels',
  { VUS: 100, RATE: 500, DURATION: '10s', CHANNEL_COUNT: 1000 },
  { channelsEach: CHANNELS_EACH },
);

export const options = optionsOf(settings, {
  subscribers: once(settings, 'subscriber', settings.subscribers),
  publishers: once(settings, 'publisher', settings.publishers),
});

export const setup = (): Run => begin(settings);

export function subscriber(run: Run): void {
  const channels = channelsOf(run, index(), settings.channelsPerSubscriber);
  void new CentrifugeClient({ baseUrl: settings.baseUrl, channels, limitMs: limitMs(settings) });
}

export function publisher(run: Run): void {
  publishRun(settings, run);
}

export const handleSummary = (data: SummaryData) => writeResults(data, settings);
