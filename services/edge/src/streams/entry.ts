import type { Publication, Wire } from '@newswire/protocol';

/** A publication in the ring, with its encoded frames, so that no session encodes it again. */
export interface Entry extends Publication {
  /**
   * When it was published, in ms on this edge's clock: the time it arrived, or for a publication
   * read from the log, the time of the read minus its age.
   */
  readonly publishedMs: number;
  /** UTF-8 bytes of `data` and `extra`. */
  readonly bytes: number;
  /** Frames by the index of their wire; each is filled when first needed. */
  readonly encoded: (string | undefined)[];
}

/** The publication's frame on a wire, encoded once. */
export function encoded(wire: Wire, channel: string, entry: Entry, previous?: Entry): string {
  return (entry.encoded[wire.index] ??= wire.encode(channel, entry, previous));
}

export function toEntry(publication: Publication, publishedMs: number): Entry {
  const { offset, data, extra } = publication;
  const bytes = Buffer.byteLength(data);
  // An empty array would allocate room for 17 elements at the first frame.
  const noFrames = [undefined, undefined];
  // Written out because most publications are plain, and a spread costs several times as much.
  if (extra === undefined) return { offset, data, publishedMs, bytes, encoded: noFrames };
  const allBytes = bytes + Buffer.byteLength(extra);
  return { offset, data, extra, publishedMs, bytes: allBytes, encoded: noFrames };
}
