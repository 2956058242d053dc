import { CentrifugeClient } from './centrifuge-client.ts';
import type { Thresholds } from './metrics.ts';
import { chooseChannel, index, limitMs } from './run.ts';
import type { Run } from './run.ts';
import { subscribe } from './seed-subscriber.ts';
import type { Settings } from './settings.ts';

/** Something came over each of the wires. */
export function wireThresholds(wires: readonly string[]): Thresholds {
  return Object.fromEntries(wires.map((wire) => [`received{wire:${wire}}`, ['count>0']]));
}

/** A subscriber: by turns over the seed wire and the Centrifuge wire, on each channel. */
export function subscribeOverEither(settings: Settings, run: Run): void {
  const { baseUrl, channels } = settings;
  const channel = chooseChannel(run, index());
  const isSeed = (Math.floor(index() / channels) + (index() % channels)) % 2 === 0;
  if (isSeed) subscribe(baseUrl, channel, limitMs(settings), { wire: 'seed' });
  else {
    const plan = { baseUrl, channels: [channel], limitMs: limitMs(settings) };
    void new CentrifugeClient({ ...plan, tags: { wire: 'centrifuge' } });
  }
}
