import { CentrifugeClient } from './centrifuge-client.ts';
import type { Thresholds } from './metrics.ts';
import { chooseChannel, index, limitMs } from './run.ts';
import type { Run } from './run.ts';
import { subscribe } from './seed-subscriber.ts';
import type { Settings } from './settings.ts';

/** Something came over each of the protocols. */
export function protocolThresholds(protocols: readonly string[]): Thresholds {
  return Object.fromEntries(
    protocols.map((protocol) => [`received{protocol:${protocol}}`, ['count>0']]),
  );
}

/** A subscriber: by turns over the seed protocol and the Centrifuge protocol, on each channel. */
export function subscribeOverEither(settings: Settings, run: Run): void {
  const { baseUrl, channels } = settings;
  const channel = chooseChannel(run, index());
  const isSeed = (Math.floor(index() / channels) + (index() % channels)) % 2 === 0;
  if (isSeed) subscribe(baseUrl, channel, limitMs(settings), { protocol: 'seed' });
  else {
    const plan = { baseUrl, channels: [channel], limitMs: limitMs(settings) };
    void new CentrifugeClient({ ...plan, tags: { protocol: 'centrifuge' } });
  }
}
