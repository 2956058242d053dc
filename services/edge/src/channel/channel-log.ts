import type { HistoryLimits, Generation } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import type { Entry } from '../streams/entry.js';
import { countWithin, firstAfter } from './log-window.js';
import { OlderParts } from './older-parts.js';

export interface RingLimits {
  /** How many publications a channel's ring keeps at most. */
  readonly ringSize: number;
  /** How much data it keeps, in UTF-8 bytes. */
  readonly ringBytes: number;
  /** How much data the broker's logs keep, in UTF-8 bytes. Left out: they have no such limit. */
  readonly historyBytes?: number | undefined;
}

/**
 * One generation of the log, on this edge's own count: the publication at `offset` is number
 * `base + offset`. A generation's numbers follow those of the generation before it.
 */
interface NumberedGeneration {
  readonly epoch: string;
  readonly base: number;
  /** The number of its first publication; what is below belongs to generations before. */
  readonly start: number;
}

/** The limits of a log that keeps everything. */
export const NO_LIMITS: HistoryLimits = { historySize: Infinity, historyTtlMs: Infinity };

/** How many ended generations are remembered: their positions can be continued from. */
const MAX_LIVES = 16;

/**
 * An edge's copy of a channel's log: the ring of recent publications, and how the positions of
 * several generations follow one another. Inside, publications are counted through all generations by a number
 * of this edge's own; a *cursor* is the number of the publication that comes next. Cursors rise by
 * one a publication, whatever offsets do.
 */
export class ChannelLog {
  readonly #limits: RingLimits;
  readonly #history: HistoryLimits;
  /** Entries from #head on are alive; the dead ones before it are cut off in batches. */
  #entries: Entry[] = [];
  #head = 0;
  #bytes = 0;
  #end = 0;
  #generations: NumberedGeneration[] = [];
  readonly #older = new OlderParts();
  #floor = -Infinity;
  /** What is before this cursor was removed: some of it may still have to go out. */
  #removed = -Infinity;

  /**
   * `history`: what the broker's log keeps. The ring may keep more, for sessions that lag; see
   * `firstAllowed`.
   */
  constructor(limits: RingLimits, history: HistoryLimits = NO_LIMITS) {
    this.#limits = limits;
    this.#history = history;
  }

  /** False until `restart` was called: nothing is known of the channel yet. */
  get isOpen(): boolean {
    return this.#generations.length > 0;
  }

  /** The cursor behind the newest publication. */
  get end(): number {
    return this.#end;
  }

  /** The cursor of the oldest publication in the ring. */
  get ringStart(): number {
    return this.#end - this.#entries.length + this.#head;
  }

  /** What is before this cursor, the broker's log has no more. */
  get floor(): number {
    return this.#floor;
  }

  /** Up to where everything is known. */
  get position(): Position {
    return this.positionAt(this.#end);
  }

  /** Forgets everything and begins anew behind `offset` of this generation. Cursors from before are void. */
  restart({ epoch, firstOffset, follows }: Generation, offset: number): void {
    this.#entries = [];
    this.#head = this.#bytes = 0;
    this.#older.clear();
    this.#floor = this.#removed = -Infinity;
    this.#end++;
    const base = this.#end - offset - 1;
    const start = base + firstOffset;
    this.#generations = [{ epoch, base, start }];
    if (follows === undefined) return;
    const before = { epoch: follows.epoch, base: start - follows.offset - 1, start: -Infinity };
    this.#generations.unshift(before);
  }

  /** A new generation follows directly on what is known. */
  beginGeneration({ epoch, firstOffset }: Pick<Generation, 'epoch' | 'firstOffset'>): void {
    this.#generations.push({ epoch, base: this.#end - firstOffset, start: this.#end });
    if (this.#generations.length > MAX_LIVES) this.#generations.shift();
  }

  /** Whether this is the epoch of one of the generations that follow one another here; '' is the last. */
  knows(epoch: string): boolean {
    return epoch === '' || this.#generations.some((generation) => generation.epoch === epoch);
  }

  /** Whether this epoch is over: nothing new can come in it. */
  isOver(epoch: string): boolean {
    return this.#generations.slice(0, -1).some((generation) => generation.epoch === epoch);
  }

  /** Takes in the next publication. What was `kept` or comes after it stays, whatever the limits. */
  append(entry: Entry, kept: number): void {
    this.#entries.push(entry);
    this.#end++;
    this.#bytes += entry.bytes;
    this.#trim(Math.min(kept, this.#end - 1));
  }

  /** The cursor behind a position; undefined where it is none of this log's. */
  cursorAfter({ epoch, offset }: Position): number | undefined {
    const index =
      epoch === ''
        ? this.#generations.length - 1
        : this.#generations.findLastIndex((generation) => generation.epoch === epoch);
    const generation = this.#generations[index];
    if (generation === undefined) return undefined;
    const cursor = generation.base + offset + 1;
    if (cursor < generation.start) return undefined;
    // Whoever had more of an ended generation than was ever acknowledged missed nothing of it.
    return Math.min(cursor, this.#generations[index + 1]?.start ?? Infinity);
  }

  /** The position that one has who has had everything before the cursor. */
  positionAt(cursor: number): Position {
    const { epoch, base } = this.#lifeAt(cursor);
    return { epoch, offset: cursor - base - 1 };
  }

  /** Where the generation that the cursor is in ends; the log's end for the generation that goes on. */
  generationEnd(cursor: number): number {
    if (cursor >= this.generationStart) return this.#end;
    return this.#generations.find(({ start }) => start > cursor)?.start ?? this.#end;
  }

  /** Where the generation that goes on began. */
  get generationStart(): number {
    return this.#generations.at(-1)?.start ?? 0;
  }

  /** Whether what comes at the cursor is here, or will come next. */
  has(cursor: number): boolean {
    return cursor === this.#end || this.entries(cursor, cursor + 1, 0) !== undefined;
  }

  /**
   * Publications from a cursor on and before `until`, one at least and otherwise up to `maxBytes`.
   * Undefined: they are not here, see `readFrom`.
   */
  entries(cursor: number, until: number, maxBytes: number): readonly Entry[] | undefined {
    const { ringStart } = this;
    if (cursor < this.#floor) return undefined; // removed while it was read
    if (cursor >= ringStart) {
      const from = this.#head + cursor - ringStart;
      return upTo(this.#entries, from, from + until - cursor, maxBytes);
    }
    const older = this.#older.partAt(cursor);
    if (older === undefined) return undefined;
    const from = cursor - older.start;
    return upTo(older.entries, from, from + until - cursor, maxBytes);
  }

  /**
   * The first cursor, from this one on, whose publication the broker's log still keeps at this time
   * as far as the ring can tell; the log's end where none is left. Only sessions that lag may be
   * served what comes before it.
   */
  firstAllowed(cursor: number, nowMs: number): number {
    const { historySize, historyTtlMs } = this.#history;
    const { historyBytes = Infinity } = this.#limits;
    const isTooLarge = this.#bytes > historyBytes;
    const count = isTooLarge ? countWithin(this.#entries, historyBytes) : Infinity;
    const expiredMs = nowMs - historyTtlMs;
    let from = Math.max(cursor, this.#removed, this.#end - Math.min(historySize, count));
    while (from < this.#end) {
      const isInRing = from >= this.ringStart;
      const older = isInRing ? undefined : this.#older.partAt(from);
      if (!isInRing && older === undefined) return from; // the broker's log knows
      const entries = older?.entries ?? this.#entries;
      const first = older?.start ?? this.ringStart - this.#head;
      const index = firstAfter(entries, from - first, expiredMs);
      from = first + index;
      if (index < entries.length) return from;
    }
    return from;
  }

  /** What came right before the cursor, if it is here. */
  before(cursor: number): Entry | undefined {
    return this.entries(cursor - 1, cursor, 0)?.[0];
  }

  /**
   * The offset after which the broker's log is to be read for what comes at a cursor before the
   * ring; undefined where it has that no more: it was removed, or went with an earlier generation.
   */
  readFrom(cursor: number): number | undefined {
    const { offset, epoch } = this.positionAt(cursor);
    const [current, before] = this.#generations.toReversed();
    if (current === undefined || cursor < this.#floor) return undefined;
    if (cursor >= current.start) return offset;
    if (epoch !== before?.epoch) return undefined; // the log keeps nothing of earlier ones
    // Numbers went on through the generations unless the data set was lost.
    const firstOffset = current.start - current.base;
    return offset + 1 < firstOffset ? offset : undefined;
  }

  /**
   * Takes in a part of the broker's log that was read for what comes at `cursor`. A part that begins
   * later proves that what is before it is gone.
   */
  addOlder(cursor: number, publications: readonly Entry[]): void {
    const { ringStart } = this;
    const numbers = publications.map(({ offset }) => this.#numberOf(offset));
    const isRing = (number: number | undefined) => number === undefined || number >= ringStart;
    const at = numbers.findIndex((number) => number >= cursor);
    const start = at < 0 || isRing(numbers[at]) ? ringStart : (numbers[at] ?? ringStart);
    if (start > cursor) this.#floor = Math.max(this.#floor, start);
    if (start === ringStart) return;
    let from = at;
    while (from > 0 && numbers[from - 1] === start - (at - from) - 1) from--;
    let to = at;
    while (!isRing(numbers[to]) && numbers[to] === start + to - at) to++;
    const entries = publications.slice(from, to);
    const isPrepended = start + to - at === ringStart && this.#prepend(entries);
    if (!isPrepended) this.#older.add({ start: start - (at - from), entries });
  }

  /** Nobody reads before the ring any more. */
  dropOlder(): void {
    this.#older.clear();
  }

  /**
   * What is before the cursor was removed: no new subscriber gets it. From `kept` on it stays, as
   * it has not gone out yet to those that were there before.
   */
  removeBefore(cursor: number, kept = cursor): void {
    const floor = Math.min(cursor, kept);
    while (this.ringStart < Math.min(floor, this.#end)) this.#dropOldest();
    this.#older.clear();
    this.#floor = Math.max(this.#floor, floor);
    this.#removed = Math.max(this.#removed, cursor);
  }

  /**
   * Lets go of what the broker's log no longer keeps, up to a cursor. The newest publication stays:
   * the next one may be sent as its difference from it.
   */
  dropExcluded(before: number, nowMs: number): void {
    const from = Math.min(this.firstAllowed(this.ringStart, nowMs), before, this.#end - 1);
    if (from <= this.ringStart) return;
    while (this.ringStart < from) this.#dropOldest();
    this.#floor = Math.max(this.#floor, from);
  }

  #prepend(entries: readonly Entry[]): boolean {
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, this.#bytes);
    const alive = this.#entries.slice(this.#head);
    const { ringSize, ringBytes } = this.#limits;
    if (entries.length + alive.length > ringSize || bytes > ringBytes) return false;
    this.#entries = [...entries, ...alive];
    this.#head = 0;
    this.#bytes = bytes;
    return true;
  }

  #numberOf(offset: number): number {
    const generation = this.#generations.at(-1);
    if (generation === undefined) return -Infinity;
    const number = generation.base + offset;
    if (number >= generation.start) return number;
    return (this.#generations.at(-2)?.base ?? -Infinity) + offset;
  }

  #lifeAt(cursor: number): NumberedGeneration {
    const current = this.#generations.at(-1); // nearly always it: this is asked for every publication
    if (current !== undefined && current.start <= cursor) return current;
    const generation =
      this.#generations.findLast(({ start }) => start <= cursor) ?? this.#generations[0];
    if (generation === undefined) throw new Error('nothing is known of this log yet');
    return generation;
  }

  #trim(kept: number): void {
    const { ringSize, ringBytes } = this.#limits;
    while (this.ringStart < kept) {
      if (this.#end - this.ringStart <= ringSize && this.#bytes <= ringBytes) break;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    this.#bytes -= this.#entries[this.#head]?.bytes ?? 0;
    this.#head++;
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}

function upTo(entries: readonly Entry[], from: number, to: number, maxBytes: number): Entry[] {
  let end = from;
  for (let bytes = 0; end < Math.min(to, entries.length); end++) {
    bytes += entries[end]?.bytes ?? 0;
    if (bytes > maxBytes && end > from) break;
  }
  return entries.slice(from, end);
}
