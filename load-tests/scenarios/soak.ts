// Few items for a long time, over both WebSocket protocols: DURATION says how long.
import { subscribeOverEither, protocolThresholds } from '../lib/both-protocols.ts';
import { defineScenario } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';

const settings = readSettings(
  'soak',
  { VUS: 50, RATE: 5, DURATION: '5m', CHANNEL_COUNT: 5 },
  { leastVus: 2 },
);

export const { options, setup, publisher, handleSummary } = defineScenario(settings, {
  thresholds: protocolThresholds(['seed', 'centrifuge']),
});

export function subscriber(run: Run): void {
  subscribeOverEither(settings, run);
}
