import { setTimeout as delay } from 'node:timers/promises';

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

/**
 * The backoff of every reconnect loop: short at first, then every few seconds, at random times so
 * that processes do not reconnect together.
 */
export const RECONNECT_BACKOFF: BackoffOptions = { minMs: 100, maxMs: 3000 };

export interface RetryOptions {
  readonly backoff?: BackoffOptions;
  /** Called after every failed attempt, counted from 0. */
  readonly onFailure?: (error: unknown, attempt: number) => void;
}

/**
 * Calls `act` until it succeeds, with growing waits in between, or until `isStillWanted` returns
 * false. Resolves with whether it succeeded. Its waits do not keep the process alive.
 */
export async function retryUntilDone(
  act: () => Promise<void>,
  isStillWanted: () => boolean,
  { backoff = RECONNECT_BACKOFF, onFailure }: RetryOptions = {},
): Promise<boolean> {
  for (let attempt = 0; isStillWanted(); attempt++) {
    try {
      await act();
      return true;
    } catch (error) {
      onFailure?.(error, attempt);
      await delay(backoffMs(attempt, backoff), undefined, { ref: false });
    }
  }
  return false;
}
