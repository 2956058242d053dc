import type { Frame } from './codec.js';

/** The most UTF-8 bytes of a UTF-16 code unit. */
const MAX_BYTES_EACH = 3;

/** A frame's length in bytes; text is sent as UTF-8. */
export function countFrameBytes(frame: Frame): number {
  return typeof frame === 'string' ? Buffer.byteLength(frame) : frame.byteLength;
}

/** Whether a frame has more than `maxBytes`. The bytes of short texts are not counted. */
export function isOver(frame: Frame, maxBytes: number): boolean {
  if (typeof frame !== 'string') return frame.byteLength > maxBytes;
  return frame.length * MAX_BYTES_EACH > maxBytes && Buffer.byteLength(frame) > maxBytes;
}

/** `Codec.joinFrames` of a text protocol that separates its messages by `separator`. */
export function joinText(
  frames: readonly string[],
  separator: string,
  maxBytes: number,
): readonly string[] {
  if (frames.length < 2) return frames;
  const all = frames.join(separator);
  if (!isOver(all, maxBytes)) return [all];
  const groups = groupFrames(frames, separator.length, maxBytes);
  return groups.map((group) => group.join(separator));
}

/** `Codec.joinFrames` of a binary protocol whose messages contain their own lengths. */
export function joinBytes(frames: readonly Uint8Array[], maxBytes: number): readonly Uint8Array[] {
  if (frames.length < 2) return frames;
  return groupFrames(frames, 0, maxBytes).map((group) => Buffer.concat(group));
}

/** Consecutive frames that fit into `maxBytes` together. A longer frame has a group of its own. */
function groupFrames<F extends Frame>(
  frames: readonly F[],
  separatorBytes: number,
  maxBytes: number,
): readonly (readonly F[])[] {
  const groups: F[][] = [];
  let group: F[] = [];
  let bytes = 0;
  for (const frame of frames) {
    const added = countFrameBytes(frame);
    if (group.length > 0 && bytes + separatorBytes + added > maxBytes) {
      groups.push(group);
      group = [];
    }
    bytes = group.length === 0 ? added : bytes + separatorBytes + added;
    group.push(frame);
  }
  groups.push(group);
  return groups;
}

/** A frame's bytes; bytes are not copied. */
export function toBytes(frame: Frame): Uint8Array {
  return typeof frame === 'string' ? Buffer.from(frame) : frame;
}
