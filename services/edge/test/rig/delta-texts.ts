import { applyDelta } from 'fossil-delta';
import type { HubClient } from './hub-rig.js';

/** What a client that takes differences has read, and how often it was a difference. */
export function readDeltas({ pubs }: HubClient): { texts: unknown[]; differences: number } {
  let previous = '';
  let differences = 0;
  const texts = pubs.map(({ data, delta }) => {
    if (delta === true) {
      differences++;
      const bytes = applyDelta<Uint8Array>(Buffer.from(previous), Buffer.from(data as string));
      previous = Buffer.from(bytes).toString('utf8');
    } else previous = data as string;
    return JSON.parse(previous) as unknown;
  });
  return { texts, differences };
}
