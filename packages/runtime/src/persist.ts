import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, type BackoffOptions } from './backoff.js';
import { counter, type Registry } from './metrics.js';

/**
 * The backoff of every reconnect loop: short at first, then every few seconds, at random times so
 * that processes do not reconnect together.
 */
export const RECONNECT_BACKOFF: BackoffOptions = { minMs: 100, maxMs: 3000 };

/**
 * Returns the wait before reconnect attempt number `attempt` (0, 1, 2…), in ms, and counts it:
 * frequent attempts show that a connection is unstable.
 */
export function countedReconnectDelay(registry: Registry): (attempt: number) => number {
  const help = 'Attempts to reconnect to Redis or to another process.';
  const reconnects = counter(registry, 'newswire_reconnects_total', help);
  return (attempt) => {
    reconnects.inc();
    return backoffMs(attempt, RECONNECT_BACKOFF);
  };
}

export interface PersistOptions {
  readonly backoff?: BackoffOptions;
  /** Called after every failed attempt, counted from 0. */
  readonly onFailure?: (error: unknown, attempt: number) => void;
}

/**
 * Calls `act` until it succeeds, with growing waits in between, or until `isStillWanted` returns
 * false. Resolves with whether it succeeded. Its waits do not keep the process alive.
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
