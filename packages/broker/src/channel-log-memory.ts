import type { JsonLine, Position, Publication } from '@newswire/protocol';
import {
  isOutdated,
  MAX_PAGE_BYTES,
  offsetTtlMs,
  type HistoryLimits,
  type HistoryPage,
  type Generation,
  type PublicationVersion,
  type PublishOptions,
} from './broker.js';
import { newPublication } from './publication-text.js';

export interface MemoryHistoryLimits extends HistoryLimits {
  /** UTF-8 bytes of data; the newest publication stays even if it alone is larger. */
  readonly historyBytes: number;
}

interface LogEntry {
  readonly publication: Publication;
  readonly bytes: number;
  readonly publishedMs: number;
}

/** One channel's recent publications, bounded in number, bytes and age. */
export class MemoryChannelLog {
  readonly generation: Generation;
  readonly #limits: MemoryHistoryLimits;
  /** Entries from #start on are in the log; the removed ones before it are cut off in batches. */
  #entries: LogEntry[] = [];
  #start = 0;
  #bytes = 0;
  #topOffset = 0;
  #touchedAtMs = 0;
  /** Of the last publication that had one. */
  #version: PublicationVersion | undefined;

  constructor(limits: MemoryHistoryLimits, epoch: string) {
    this.#limits = limits;
    this.generation = { epoch, firstOffset: 1, follows: undefined };
  }

  /** Whether a publication of this version has no effect. */
  supersedes(version: PublicationVersion): boolean {
    return isOutdated(version, this.#version);
  }

  /** Up to where the log goes. */
  get position(): Position {
    return { offset: this.#topOffset, epoch: this.generation.epoch };
  }

  append(data: JsonLine, nowMs: number, options: PublishOptions = {}): Publication {
    const { extra, version } = options;
    if (version !== undefined) {
      const epoch = version.epoch || (this.#version?.epoch ?? '');
      this.#version = { number: version.number, epoch };
    }
    const publication = newPublication(++this.#topOffset, data, options);
    const entry: LogEntry = {
      publication,
      bytes: Buffer.byteLength(data) + (extra === undefined ? 0 : Buffer.byteLength(extra)),
      publishedMs: nowMs,
    };
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    this.#touchedAtMs = nowMs;
    this.trim(nowMs);
    return publication;
  }

  page(sinceOffset: number, limit: number, nowMs: number): HistoryPage {
    this.trim(nowMs);
    this.#touchedAtMs = nowMs;
    const firstOffset = this.#entries[this.#start]?.publication.offset ?? this.#topOffset + 1;
    const from = this.#start + Math.max(0, sinceOffset + 1 - firstOffset);
    const publications: Publication[] = [];
    const agesMs: number[] = [];
    let bytes = 0;
    for (const entry of this.#entries.slice(from, from + limit)) {
      bytes += entry.bytes;
      if (bytes > MAX_PAGE_BYTES && publications.length > 0) break;
      publications.push(entry.publication);
      agesMs.push(nowMs - entry.publishedMs);
    }
    return { publications, agesMs, topOffset: this.#topOffset, generation: this.generation };
  }

  /** Empties the log. Returns the position up to which it was emptied. */
  clear(): Position {
    this.#entries = [];
    this.#start = this.#bytes = 0;
    return this.position;
  }

  /** Removes the publications that exceed the limits. */
  trim(nowMs: number): void {
    const { historySize, historyBytes, historyTtlMs } = this.#limits;
    for (;;) {
      const oldest = this.#entries[this.#start];
      if (oldest === undefined) break;
      const count = this.#entries.length - this.#start;
      const tooMuch = count > historySize || (count > 1 && this.#bytes > historyBytes);
      if (!tooMuch && oldest.publishedMs + historyTtlMs > nowMs) break;
      this.#bytes -= oldest.bytes;
      this.#start++;
    }
    if (this.#start > 64 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Whether the last publish or read is so long ago that the offset and epoch may be dropped. */
  isForgotten(nowMs: number): boolean {
    return nowMs - this.#touchedAtMs > offsetTtlMs(this.#limits);
  }
}
