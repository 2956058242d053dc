import type { Entry } from '../streams/entry.js';

/**
 * The index of the first entry, from index `from` on, that was published after a time in ms; the
 * number of entries if there is none.
 */
export function firstAfter(entries: readonly Entry[], from: number, timeMs: number): number {
  const isAfter = (index: number) => (entries[index]?.publishedMs ?? Infinity) > timeMs;
  if (isAfter(from)) return from;
  let [low, high] = [from + 1, entries.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isAfter(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many entries, counted from the newest, have at most `maxBytes` together; at least one. */
export function countWithin(entries: readonly Entry[], maxBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (let i = entries.length - 1; i >= 0; i--) {
    bytes += entries[i]?.bytes ?? 0;
    if (bytes > maxBytes && count > 0) break;
    count++;
  }
  return count;
}
