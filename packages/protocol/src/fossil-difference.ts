import { isUtf8 } from 'node:buffer';
import { createDelta } from 'fossil-delta';

/**
 * What makes `target` of `source`, in Fossil's format. Undefined where that is no shorter than the
 * target, or cuts a character in two and so is no text.
 */
export function fossilDifference(source: string, target: string): string | undefined {
  const bytes = Buffer.from(target);
  const delta = createDelta<Uint8Array>(Buffer.from(source), bytes);
  const isUsed = delta.length < bytes.length && isUtf8(delta);
  return isUsed ? Buffer.from(delta).toString('utf8') : undefined;
}
