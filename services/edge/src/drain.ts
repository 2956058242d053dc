import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from './session/session.js';

/** The time between two batches of closed sessions. */
const STEP_MS = 100;

/** How long closed connections get to receive their last bytes. */
const FLUSH_MS = 250;

/**
 * Closes every session with 3001 (reconnect), spread evenly over `drainMs`, so that the other edges
 * do not get all reconnects together. Resolves when all are closed. Sessions that open meanwhile
 * are closed too.
 */
export async function drainSessions(sessions: Set<Session>, drainMs: number): Promise<void> {
  const stepCount = Math.max(1, Math.floor(drainMs / STEP_MS));
  const batchSize = Math.max(1, Math.ceil(sessions.size / stepCount));
  while (sessions.size > 0) {
    for (const session of [...sessions].slice(0, batchSize)) session.close('shutdown');
    if (sessions.size > 0) await delay(STEP_MS);
  }
  await delay(FLUSH_MS);
}
