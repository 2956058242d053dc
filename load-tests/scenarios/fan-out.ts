// One item to many subscribers over the seed protocol: is all delivered, once, in order, and how fast.
import { chooseChannel, defineScenario, index, limitMs } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { subscribe } from '../lib/seed-subscriber.ts';
import { readSettings } from '../lib/settings.ts';

const settings = readSettings('fan-out', {
  VUS: 200,
  RATE: 100,
  DURATION: '10s',
  CHANNEL_COUNT: 1,
});

export const { options, setup, publisher, handleSummary } = defineScenario(settings);

export function subscriber(run: Run): void {
  subscribe(settings.baseUrl, chooseChannel(run, index()), limitMs(settings));
}
