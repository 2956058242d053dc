import { randomBytes } from 'node:crypto';

/** A name for a new life of a channel's log: 8 characters that no earlier life had. */
export function newEpoch(): string {
  return randomBytes(6).toString('base64url');
}
