import type { Codec, Frame } from '@newswire/protocol';
import type { RingPublication } from './ring.js';

/**
 * The frames that carry these publications, in order. Each publication is encoded once per codec.
 * `previous` is the publication directly before them. A frame has at most `maxMessageBytes`, unless
 * a single publication has more.
 */
export function encodeFrames(
  codec: Codec,
  channel: string,
  publications: readonly RingPublication[],
  previous: RingPublication | undefined,
  maxMessageBytes: number,
): readonly Frame[] {
  const [first] = publications;
  if (first === undefined) return [];
  if (publications.length === 1) return [encodeOnce(codec, channel, first, previous)];
  const frames = publications.map((publication, i) =>
    encodeOnce(codec, channel, publication, publications[i - 1] ?? previous),
  );
  return codec.joinFrames(frames, maxMessageBytes);
}

/** The publication's frame of a codec, kept with the publication. */
export function encodeOnce(
  codec: Codec,
  channel: string,
  publication: RingPublication,
  previous?: RingPublication,
): Frame {
  for (let known = publication.frames; known !== undefined; known = known.next) {
    if (known.codec === codec) return known.frame;
  }
  const frame = codec.encodePublication(channel, publication, previous);
  publication.frames = { codec, frame, next: publication.frames };
  return frame;
}
