import { randomUUID } from 'node:crypto';

/**
 * A name for a new generation of a channel's log: 12 random characters that no earlier generation
 * had. Every publish call makes one, because any of them may begin a generation. randomUUID takes
 * random numbers from a cache, where randomBytes requests new ones for each call.
 */
export function newEpoch(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(9, 13);
}
