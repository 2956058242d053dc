// The publishing API: one by one, in batches, twice with one idempotency key, and with what is refused.
import { Api } from '../lib/api.ts';
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { publishInAllWays, requestThresholds } from '../lib/requests.ts';
import { begin, channelOf, index, limitMs, once, optionsOf, publishRun } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { writeResults } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const asked = readSettings('publish-api', { VUS: 8, RATE: 400, DURATION: '10s' });
/** VUS publishers, each with a channel and one subscriber. */
const settings = { ...asked, channels: asked.subscribers, publishers: asked.subscribers };

export const options = optionsOf(
  settings,
  {
    subscribers: once(settings, 'subscriber', settings.subscribers),
    publishers: once(settings, 'publisher', settings.publishers),
  },
  requestThresholds(settings),
);

export const setup = (): Run => begin(settings);

export function subscriber(run: Run): void {
  const channels = [channelOf(run, index())];
  void new CentrifugeClient({ baseUrl: settings.baseUrl, channels, limitMs: limitMs(settings) });
}

export function publisher(run: Run): void {
  publishRun(settings, run, 'first', publishInAllWays(new Api(settings.baseUrl)));
}

export const handleSummary = (data: SummaryData) => writeResults(data, settings);
