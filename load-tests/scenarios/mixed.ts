// The same items over the seed protocol, the Centrifuge protocol and SSE, a third of VUS each.
import exec from 'k6/execution';
import { subscribeOverEither, protocolThresholds } from '../lib/both-protocols.ts';
import { defineScenario, limitMs } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { listenerMissing, subscribeOverSse } from '../lib/sse-subscribers.ts';

const settings = readSettings(
  'mixed',
  { VUS: 150, RATE: 50, DURATION: '10s', CHANNEL_COUNT: 5 },
  { leastVus: 3 },
);
const overSse = Math.ceil(settings.subscribers / 3);
const scenario = defineScenario(settings, {
  roles: { subscriber: settings.subscribers - overSse, sse: 1 },
  thresholds: protocolThresholds(['seed', 'centrifuge', 'sse']),
});

export const { options, publisher, handleSummary } = scenario;

export function setup(): Run {
  const missing = listenerMissing();
  if (missing !== null) exec.test.abort(missing);
  return scenario.setup();
}

export function subscriber(run: Run): void {
  subscribeOverEither(settings, run);
}

/** One VU judges what all of the SSE connections received. */
export function sse({ channels }: Run): void {
  const { baseUrl } = settings;
  subscribeOverSse({ baseUrl, channels, connections: overSse, limitMs: limitMs(settings) });
}
