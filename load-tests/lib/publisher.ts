import { sleep } from 'k6';
import type { Api } from './api.ts';
import type { Item } from './item.ts';
import { notSubscribed, publishErrors, published } from './metrics.ts';

const POLL_EVERY_S = 0.2;
/** A channel's end is published this often, so that one lost item does not hide it. */
const LAST_ITEMS = 3;
const LAST_ITEM_EVERY_S = 0.1;

/** One publisher's share of a run. */
export interface Share {
  readonly channels: readonly string[];
  readonly ratePerS: number;
  readonly durationS: number;
}

/** Waits until the channels together have `expected` subscribers; returns how many are missing. */
export function awaitSubscribers(
  api: Api,
  channels: readonly string[],
  expected: number,
  limitS: number,
): number {
  const endMs = Date.now() + limitS * 1000;
  for (;;) {
    const present = api.subscriberCounts(channels).reduce((sum, count) => sum + count, 0);
    const missing = Math.max(0, expected - present);
    if (missing === 0 || Date.now() >= endMs) {
      notSubscribed.add(missing);
      return missing;
    }
    sleep(POLL_EVERY_S);
  }
}

/** Publishes the share, each item when it is due or, when behind, at once. Returns the last numbers. */
export function publishShare(api: Api, share: Share): number[] {
  const { channels, ratePerS, durationS } = share;
  const last = channels.map(() => 0);
  const startMs = Date.now();
  for (let n = 0; Date.now() < startMs + durationS * 1000; n += 1) {
    const waitMs = startMs + (n / ratePerS) * 1000 - Date.now();
    if (waitMs > 0) sleep(waitMs / 1000);
    const index = n % channels.length;
    const item: Item = { seq: (last[index] ?? 0) + 1, atMs: Date.now() };
    if (publish(api, channels[index] ?? '', item)) last[index] = item.seq;
  }
  return last;
}

/** Ends each channel, so that its subscribers know what they should have had. */
export function publishEnds(api: Api, channels: readonly string[], last: readonly number[]): void {
  for (let time = 0; time < LAST_ITEMS; time += 1) {
    channels.forEach((channel, index) => {
      const item: Item = { seq: last[index] ?? 0, atMs: Date.now(), isLast: true };
      api.publish(channel, item);
    });
    sleep(LAST_ITEM_EVERY_S);
  }
}

/** A refused item's number is used again for the next one: it was not published, so it is not lost. */
function publish(api: Api, channel: string, item: Item): boolean {
  const refusal = api.publish(channel, item);
  if (refusal === null) published.add(1);
  else publishErrors.add(1);
  return refusal === null;
}
