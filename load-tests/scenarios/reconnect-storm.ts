// All connections are closed at once, twice, and come back with their positions: nothing may be missing.
import { setTimeout } from 'k6/timers';
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { deliveryLatency } from '../lib/metrics.ts';
import { chooseChannel, defineScenario, index, limitMs } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { caughtUp, Returns, returnThresholds } from '../lib/returns.ts';

/** When, as shares of the time in which items are published. */
const STORMS = [1 / 3, 2 / 3];
/** How long they stay away: something is published meanwhile, and they all come back at once. */
const AWAY_MS = 1000;

const settings = readSettings('reconnect-storm', {
  VUS: 200,
  RATE: 20,
  DURATION: '10s',
  CHANNEL_COUNT: 4,
});

export const { options, setup, publisher, handleSummary } = defineScenario(settings, {
  thresholds: returnThresholds(settings, STORMS.length),
});

export function subscriber(run: Run): void {
  const returns = new Returns(deliveryLatency, caughtUp);
  let hasBegun = false;
  const client = new CentrifugeClient({
    baseUrl: settings.baseUrl,
    channels: [chooseChannel(run, index())],
    limitMs: limitMs(settings),
    latency: returns,
    onReturn: (tookMs) => returns.handleReturn(tookMs),
    onItem: (atMs) => {
      if (hasBegun) return;
      hasBegun = true;
      for (const share of STORMS)
        setTimeout(cut, atMs + share * settings.durationS * 1000 - Date.now());
    },
  });
  const cut = () => {
    returns.handleCut();
    client.cut(AWAY_MS);
  };
}
