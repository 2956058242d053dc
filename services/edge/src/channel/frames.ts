import type { Wire } from '@newswire/protocol';
import type { RingPublication } from './ring.js';

/** The most UTF-8 bytes of a UTF-16 code unit. */
const MAX_BYTES_EACH = 3;

/**
 * The frames that carry these publications, in order. Each publication is encoded once per wire.
 * `previous` is the publication directly before them. A frame has at most `maxMessageBytes`, unless
 * a single publication has more.
 */
export function encodeFrames(
  wire: Wire,
  channel: string,
  publications: readonly RingPublication[],
  previous: RingPublication | undefined,
  maxMessageBytes: number,
): string[] {
  const [first] = publications;
  if (first === undefined) return [];
  if (publications.length === 1) return [encodeOnce(wire, channel, first, previous)];
  const frames = publications.map((publication, i) =>
    encodeOnce(wire, channel, publication, publications[i - 1] ?? previous),
  );
  return wire.joint === undefined ? frames : joinFrames(frames, wire.joint, maxMessageBytes);
}

/** The publication's frame on a wire, kept with the publication. */
export function encodeOnce(
  wire: Wire,
  channel: string,
  publication: RingPublication,
  previous?: RingPublication,
): string {
  return (publication.frames[wire.index] ??= wire.encode(channel, publication, previous));
}

/**
 * Joins frames, in order, into as few frames of at most `maxBytes` UTF-8 bytes as possible. A
 * longer frame stays one of its own.
 */
export function joinFrames(frames: readonly string[], joint: string, maxBytes: number): string[] {
  const all = frames.join(joint);
  if (!isOver(all, maxBytes)) return [all];
  const joined: string[] = [];
  let start = 0;
  let bytes = 0;
  frames.forEach((frame, i) => {
    const more = Buffer.byteLength(frame) + joint.length;
    if (i > start && bytes + more - joint.length > maxBytes) {
      joined.push(frames.slice(start, i).join(joint));
      start = i;
      bytes = 0;
    }
    bytes += more;
  });
  joined.push(frames.slice(start).join(joint));
  return joined;
}

/**
 * Whether a text has more than `maxBytes` UTF-8 bytes. The bytes of short texts are not counted.
 */
export function isOver(text: string, maxBytes: number): boolean {
  return text.length * MAX_BYTES_EACH > maxBytes && Buffer.byteLength(text) > maxBytes;
}
