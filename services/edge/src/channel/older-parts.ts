import type { Entry } from '../streams/entry.js';

/** A part of a channel's log from before the ring, read for subscriptions that need it. */
export interface OlderPart {
  /** The number of its first entry. */
  readonly start: number;
  readonly entries: readonly Entry[];
}

/** The most data kept per channel for readers at different cursors, in UTF-8 bytes. */
const MAX_BYTES = 4_194_304;

/**
 * The parts of one channel's log that were read from before the ring, up to `MAX_BYTES`. A slow
 * session comes back many times for the rest of a part. Sessions at other cursors must not evict
 * that part in the meantime.
 */
export class OlderParts {
  /** The most recently used part is last. */
  #parts: OlderPart[] = [];

  /** The part that holds the publication at the cursor. */
  partAt(cursor: number): OlderPart | undefined {
    const part = this.#parts.findLast(
      ({ start, entries }) => cursor >= start && cursor < start + entries.length,
    );
    if (part !== undefined && part !== this.#parts.at(-1)) {
      this.#parts = [...this.#parts.filter((each) => each !== part), part];
    }
    return part;
  }

  /** The new part stays, whatever its size. The least recently used parts make room for it. */
  add(part: OlderPart): void {
    this.#parts.push(part);
    let bytes = this.#parts.reduce((sum, each) => sum + sumBytes(each), 0);
    while (bytes > MAX_BYTES && this.#parts.length > 1) {
      bytes -= sumBytes(this.#parts.shift() ?? part);
    }
  }

  clear(): void {
    this.#parts = [];
  }
}

function sumBytes({ entries }: OlderPart): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}
