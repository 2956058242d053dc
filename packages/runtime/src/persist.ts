import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, type BackoffOptions } from './backoff.js';
import { counter, type Registry } from './metrics.js';

/** How every reconnect loop waits: soon at first, then every few seconds, never in step. */
export const RECONNECT_BACKOFF: BackoffOptions = { minMs: 100, maxMs: 3000 };

/**
 * The wait before reconnect try number `attempt` (0, 1, 2…), in ms. Counted: how often a process had
 * to try again is what tells of a shaky connection.
 */
export function countedReconnectDelay(registry: Registry): (attempt: number) => number {
  const help = 'Tries to reach Redis, or another process, again.';
  const reconnects = counter(registry, 'newswire_reconnects_total', help);
  return (attempt) => {
    reconnects.inc();
    return backoffMs(attempt, RECONNECT_BACKOFF);
  };
}

export interface PersistOptions {
  readonly backoff?: BackoffOptions;
  /** Told of every failed try, counted from 0. */
  readonly onFailure?: (error: unknown, attempt: number) => void;
}

/**
 * Calls `act` until it succeeds, with growing waits in between, or until `isStillWanted` says no.
 * Resolves with whether it succeeded. Its waits don't keep the process alive.
 */
export async function persist(
  act: () => Promise<void>,
  isStillWanted: () => boolean,
  { backoff = RECONNECT_BACKOFF, onFailure }: PersistOptions = {},
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
