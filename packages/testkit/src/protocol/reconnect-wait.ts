const MIN_MS = 50;
const MAX_MS = 1000;

/** The delay before a client's next attempt: full jitter, growing up to a second. */
export function reconnectWaitMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(MAX_MS, MIN_MS * 2 ** Math.min(attempt, 10));
  return MIN_MS / 2 + random() * ceiling;
}
