import { isUtf8 } from 'node:buffer';
import { createDelta } from 'fossil-delta';

/**
 * The delta from `source` to `target`, in Fossil's format. Undefined if it is no shorter than the
 * target, or if it splits a character and so is not text.
 */
export function fossilDifference(source: string, target: string): string | undefined {
  const bytes = Buffer.from(target);
  const delta = createDelta<Uint8Array>(Buffer.from(source), bytes);
  const isUsed = delta.length < bytes.length && isUtf8(delta);
  return isUsed ? Buffer.from(delta).toString('utf8') : undefined;
}
