// Connections that come one after the other for all of DURATION, while items are published.
import { setTimeout } from 'k6/timers';
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { chooseChannel, defineScenario, index, limitMs } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';

const settings = readSettings('ramp', { VUS: 500, RATE: 10, DURATION: '10s', CHANNEL_COUNT: 5 });
const { p95, p99 } = settings.limitsMs;

export const { options, setup, publisher, handleSummary } = defineScenario(settings, {
  thresholds: { connect_time: [`p(95)<${p95}`, `p(99)<${p99}`] },
  waits: 'before the end',
});

/** A later subscriber expects less: it is judged from the offset at which its subscription began. */
export function subscriber(run: Run): void {
  const channels = [chooseChannel(run, index())];
  const afterMs = (index() / settings.subscribers) * settings.durationS * 1000;
  const plan = { baseUrl: settings.baseUrl, channels, limitMs: limitMs(settings) };
  setTimeout(() => void new CentrifugeClient(plan), afterMs);
}
