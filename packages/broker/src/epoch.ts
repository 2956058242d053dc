import { randomUUID } from 'node:crypto';

/**
 * A name for a new life of a channel's log: 12 characters that no earlier life had. Made for every
 * call that publishes, since any may begin a life: randomUUID has its random numbers in store, where
 * randomBytes asks for them each time.
 */
export function newEpoch(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(9, 13);
}
