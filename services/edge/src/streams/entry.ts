import type { Publication, Wire } from '@newswire/protocol';

/** A publication as the ring keeps it: with its frames, so that no session encodes it again. */
export interface Entry extends Publication {
  /** When it was published, in ms on this edge's clock: when it came, or was read less its age. */
  readonly publishedMs: number;
  /** UTF-8 bytes of its data and what goes beside it. */
  readonly bytes: number;
  /** By the wires' indices; filled when first asked for. */
  readonly encoded: (string | undefined)[];
}

/** The form of a publication on a wire, made once. */
export function encoded(wire: Wire, channel: string, entry: Entry, previous?: Entry): string {
  return (entry.encoded[wire.index] ??= wire.encode(channel, entry, previous));
}

export function toEntry(publication: Publication, publishedMs: number): Entry {
  const { offset, data, extra } = publication;
  const bytes = Buffer.byteLength(data);
  // An empty array would make room for 17 at the first frame.
  const noFrames = [undefined, undefined];
  // Written out: most are plain, and a spread costs several times as much.
  if (extra === undefined) return { offset, data, publishedMs, bytes, encoded: noFrames };
  const allBytes = bytes + Buffer.byteLength(extra);
  return { offset, data, extra, publishedMs, bytes: allBytes, encoded: noFrames };
}
