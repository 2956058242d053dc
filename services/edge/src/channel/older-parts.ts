import type { Entry } from '../streams/entry.js';

/** Part of a channel's log that is older than the ring, read for those who need it. */
export interface OlderPart {
  /** The number of its first entry. */
  readonly start: number;
  readonly entries: readonly Entry[];
}

/** So much data is kept of one channel for readers who are at different places. */
const MAX_BYTES = 4_194_304;

/**
 * What was read of one channel's log before the ring, as long as it fits: whoever is slow comes back
 * for the rest of a part many times, and others at other places must not throw it out meanwhile.
 */
export class OlderParts {
  /** The one that was used last comes last. */
  #parts: OlderPart[] = [];

  /** The part that holds what comes at the cursor. */
  partAt(cursor: number): OlderPart | undefined {
    const part = this.#parts.findLast(
      ({ start, entries }) => cursor >= start && cursor < start + entries.length,
    );
    if (part !== undefined && part !== this.#parts.at(-1)) {
      this.#parts = [...this.#parts.filter((each) => each !== part), part];
    }
    return part;
  }

  /** The new part stays, however large; those that were used least recently make room. */
  add(part: OlderPart): void {
    this.#parts.push(part);
    let bytes = this.#parts.reduce((sum, each) => sum + bytesOf(each), 0);
    while (bytes > MAX_BYTES && this.#parts.length > 1) {
      bytes -= bytesOf(this.#parts.shift() ?? part);
    }
  }

  clear(): void {
    this.#parts = [];
  }
}

function bytesOf({ entries }: OlderPart): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}
