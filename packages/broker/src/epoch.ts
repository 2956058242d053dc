import { randomUUID } from 'node:crypto';

/**
 * A name for a new generation of a channel's log: 12 characters that no earlier generation had. Made for every
 * call that publishes, since any may begin a generation: randomUUID has its random numbers in store, where
 * randomBytes asks for them each time.
 */
export function newEpoch(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(9, 13);
}
