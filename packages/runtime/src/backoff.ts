/**
 * Exponential backoff with full jitter: the ceiling grows from minMs to maxMs, and each wait is
 * random below it.
 */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** Returns a number from 0 up to but not including 1. */
  readonly random?: () => number;
}

/** How long to wait, in ms, before try number `attempt` (0, 1, 2…). Never below half of minMs. */
export function backoffMs(attempt: number, options: BackoffOptions): number {
  const { minMs, maxMs, random = Math.random } = options;
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return Math.round(minMs / 2 + random() * (ceiling - minMs / 2));
}
