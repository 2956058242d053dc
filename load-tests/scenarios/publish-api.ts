// The publishing API: one by one, in batches, twice with one idempotency key, and with what is refused.
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { publishInAllWays, requestThresholds } from '../lib/requests.ts';
import { chooseChannel, defineScenario, index, limitMs } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';

const asked = readSettings('publish-api', { VUS: 8, RATE: 400, DURATION: '10s' });
/** VUS publishers, each with a channel and one subscriber. */
const settings = { ...asked, channels: asked.subscribers, publishers: asked.subscribers };

export const { options, setup, publisher, handleSummary } = defineScenario(settings, {
  thresholds: requestThresholds(settings),
  publish: publishInAllWays,
});

export function subscriber(run: Run): void {
  const channels = [chooseChannel(run, index())];
  void new CentrifugeClient({ baseUrl: settings.baseUrl, channels, limitMs: limitMs(settings) });
}
