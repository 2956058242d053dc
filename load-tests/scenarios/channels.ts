// Many channels, ten to a connection, over the Centrifuge protocol: each publication goes to a few.
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { chooseChannels, defineScenario, index, limitMs } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';

const settings = readSettings(
  'channels',
  { VUS: 100, RATE: 500, DURATION: '10s', CHANNEL_COUNT: 1000 },
  { channelsEach: 10 },
);

export const { options, setup, publisher, handleSummary } = defineScenario(settings);

export function subscriber(run: Run): void {
  const channels = chooseChannels(run, index(), settings.channelsPerSubscriber);
  void new CentrifugeClient({ baseUrl: settings.baseUrl, channels, limitMs: limitMs(settings) });
}
