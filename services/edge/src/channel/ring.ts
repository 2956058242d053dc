import type { Codec, Frame, Publication } from '@newswire/protocol';
import type { FilterResults } from './tags-filters.js';

/** A publication in the ring, with its frames, so that no session encodes it again. */
export interface RingPublication extends Publication {
  /**
   * When it was published, in ms on this edge's clock: the time it arrived, or for a publication
   * read from the log, the time of the read minus its age.
   */
  readonly publishedMs: number;
  /** UTF-8 bytes of `data` and `extra`. */
  readonly bytes: number;
  /** Its frames, one for each codec that has needed one so far. */
  frames: EncodedFrame | undefined;
  /** Undefined until a filter by tags needs it. */
  filterResults: FilterResults | undefined;
}

/** A frame that is kept with its publication. Few codecs are in use at a time. */
export interface EncodedFrame {
  readonly codec: Codec;
  readonly frame: Frame;
  readonly next: EncodedFrame | undefined;
}

export function toRingPublication(publication: Publication, publishedMs: number): RingPublication {
  const { offset, data, extra } = publication;
  const bytes = Buffer.byteLength(data);
  const frames = undefined;
  const filterResults = undefined;
  // Written out instead of spread: see ring.bench.ts.
  if (extra === undefined) return { offset, data, publishedMs, bytes, frames, filterResults };
  const allBytes = bytes + Buffer.byteLength(extra);
  return { offset, data, extra, publishedMs, bytes: allBytes, frames, filterResults };
}

export interface RingLimits {
  /** The most publications that a channel's ring keeps. */
  readonly ringSize: number;
  /** The most data that a channel's ring keeps, in UTF-8 bytes. */
  readonly ringBytes: number;
}

/** The newest publications of a channel, by cursor. */
export class Ring {
  readonly #limits: RingLimits;
  /** Begins at #head. The dropped publications before it are cut off in batches. */
  #publications: RingPublication[] = [];
  #head = 0;
  #bytes = 0;
  #end = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** The cursor of the oldest publication. */
  get start(): number {
    return this.#end - this.#publications.length + this.#head;
  }

  /** The cursor after the newest publication. */
  get end(): number {
    return this.#end;
  }

  /** UTF-8 bytes of all data. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Discards everything: the next publication has this cursor. */
  restart(cursor: number): void {
    this.#publications = [];
    this.#head = this.#bytes = 0;
    this.#end = cursor;
  }

  /** The limits do not apply to publications from the cursor `kept` on, nor to the newest one. */
  append(publication: RingPublication, kept: number): void {
    this.#publications.push(publication);
    this.#end++;
    this.#bytes += publication.bytes;
    this.#trim(Math.min(kept, this.#end - 1));
  }

  /** Puts publications before the oldest one. False, without a change, if there is no room. */
  prepend(publications: readonly RingPublication[]): boolean {
    const bytes = publications.reduce((sum, each) => sum + each.bytes, this.#bytes);
    const { ringSize, ringBytes } = this.#limits;
    if (publications.length + this.#end - this.start > ringSize || bytes > ringBytes) return false;
    this.#publications = [...publications, ...this.#publications.slice(this.#head)];
    this.#head = 0;
    this.#bytes = bytes;
    return true;
  }

  dropBefore(cursor: number): void {
    const until = Math.min(cursor, this.#end);
    while (this.start < until) this.#dropOldest();
  }

  /** The publication at the cursor, which is not before the oldest one. */
  at(cursor: number): RingPublication | undefined {
    return this.#publications[this.#head + cursor - this.start];
  }

  /** See `sliceUpTo`. The cursor is not before the oldest publication. */
  slice(cursor: number, until: number, maxBytes: number): RingPublication[] {
    const from = this.#head + cursor - this.start;
    return sliceUpTo(this.#publications, from, from + until - cursor, maxBytes);
  }

  /** The first cursor, from this one on, published after a time in ms; the end if there is none. */
  findAfter(cursor: number, timeMs: number): number {
    const first = this.start - this.#head;
    return first + findAfter(this.#publications, cursor - first, timeMs);
  }

  /** The cursor at which the longest tail of at most `maxBytes` begins. */
  startWithin(maxBytes: number): number {
    if (this.#bytes <= maxBytes) return this.start;
    let bytes = 0;
    let cursor = this.#end;
    while (cursor > this.start) {
      bytes += this.at(cursor - 1)?.bytes ?? 0;
      if (bytes > maxBytes && cursor < this.#end) break;
      cursor--;
    }
    return cursor;
  }

  #trim(kept: number): void {
    const { ringSize, ringBytes } = this.#limits;
    while (this.start < kept) {
      if (this.#end - this.start <= ringSize && this.#bytes <= ringBytes) break;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    this.#bytes -= this.#publications[this.#head]?.bytes ?? 0;
    this.#head++;
    if (this.#head > 64 && this.#head * 2 > this.#publications.length) {
      this.#publications = this.#publications.slice(this.#head);
      this.#head = 0;
    }
  }
}

/**
 * The publications from one index to before another, up to `maxBytes` of data. A first one that is
 * larger is returned alone.
 */
export function sliceUpTo(
  publications: readonly RingPublication[],
  from: number,
  to: number,
  maxBytes: number,
): RingPublication[] {
  let end = from;
  for (let bytes = 0; end < Math.min(to, publications.length); end++) {
    bytes += publications[end]?.bytes ?? 0;
    if (bytes > maxBytes && end > from) break;
  }
  return publications.slice(from, end);
}

/** The first index, from this one on, published after a time in ms; the length if there is none. */
export function findAfter(
  publications: readonly RingPublication[],
  from: number,
  timeMs: number,
): number {
  const isAfter = (index: number) => (publications[index]?.publishedMs ?? Infinity) > timeMs;
  if (isAfter(from)) return from;
  let [low, high] = [from + 1, publications.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isAfter(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
