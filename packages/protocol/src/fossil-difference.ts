import { isUtf8 } from 'node:buffer';
import { createDelta } from 'fossil-delta';

/** The delta from `source` to `target`, in Fossil's format. Undefined if it is no shorter. */
export function fossilByteDifference(
  source: Uint8Array,
  target: Uint8Array,
): Uint8Array | undefined {
  const delta = createDelta<Uint8Array>(source, target);
  return delta.length < target.length ? delta : undefined;
}

/** The same for text. Also undefined if the delta splits a character and so is not text. */
export function fossilDifference(source: string, target: string): string | undefined {
  const delta = fossilByteDifference(Buffer.from(source), Buffer.from(target));
  return delta !== undefined && isUtf8(delta) ? Buffer.from(delta).toString('utf8') : undefined;
}
