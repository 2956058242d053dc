import { sleep } from 'k6';
import type { Api } from './api.ts';
import type { Item } from './judge.ts';
import { notSubscribed, publishErrors, published, timerLag } from './metrics.ts';

const POLL_EVERY_S = 0.2;
/** A channel's end is published this often, so that one lost item does not hide it. */
const LAST_ITEMS = 3;
const LAST_ITEM_EVERY_S = 0.1;

/** Publishes an item, or several at once, each the next of its channel; returns those taken. */
export type Publish = (channel: string, item: Item) => number;

/** One publisher's share of a run. */
export interface Share {
  readonly channels: readonly string[];
  readonly ratePerS: number;
  readonly durationS: number;
  /** Pads each item. */
  readonly padBytes: number;
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

/**
 * Publishes the share, each item when it is due or, when behind, at once. A refused item's number is
 * used again for the next one: it was not published, so it is not lost. Returns the last numbers.
 */
export function publishShare(share: Share, publish: Publish): number[] {
  const { channels, ratePerS, durationS, padBytes } = share;
  const padding = padBytes > 0 && { pad: 'x'.repeat(padBytes) };
  const last = channels.map(() => 0);
  const startMs = Date.now();
  for (let n = 0, turn = 0; Date.now() < startMs + durationS * 1000; turn += 1) {
    sleepUntil(startMs + (n / ratePerS) * 1000);
    const index = turn % channels.length;
    const seq = (last[index] ?? 0) + 1;
    const taken = publish(channels[index] ?? '', { seq, atMs: Date.now(), ...padding });
    last[index] = seq - 1 + taken;
    n += Math.max(1, taken);
  }
  return last;
}

/** One item a request. */
export function publishSingly(api: Api): Publish {
  return (channel, item) => counted(1, api.publish(channel, item) === null);
}

/** Counts items that were published, or refused. Returns how many were taken. */
export function counted(items: number, isTaken: boolean): number {
  if (isTaken) published.add(items);
  else publishErrors.add(items);
  return isTaken ? items : 0;
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

function sleepUntil(dueMs: number): void {
  const waitMs = dueMs - Date.now();
  if (waitMs <= 0) return;
  sleep(waitMs / 1000);
  timerLag.add(Date.now() - dueMs);
}
