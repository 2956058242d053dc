import type { HistoryLimits, Generation } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import type { Entry } from '../streams/entry.js';
import { countWithin, firstAfter } from './log-window.js';
import { OlderParts } from './older-parts.js';

export interface RingLimits {
  /** The most publications that a channel's ring keeps. */
  readonly ringSize: number;
  /** The most data that a channel's ring keeps, in UTF-8 bytes. */
  readonly ringBytes: number;
  /**
   * The most data that the broker's log of a channel keeps, in UTF-8 bytes. Undefined: no limit in
   * bytes.
   */
  readonly historyBytes?: number | undefined;
}

/**
 * A generation of the log in this edge's own numbering: the publication at `offset` has the number
 * `base + offset`. The numbers of a generation follow those of the generation before it.
 */
interface NumberedGeneration {
  readonly epoch: string;
  readonly base: number;
  /** The number of its first publication. Lower numbers belong to earlier generations. */
  readonly start: number;
}

/** The limits of a log that keeps everything. */
export const NO_LIMITS: HistoryLimits = { historySize: Infinity, historyTtlMs: Infinity };

/**
 * The most generations that are remembered, the current one included. Subscriptions can continue
 * from a position in any of them.
 */
const MAX_LIVES = 16;

/**
 * An edge's copy of a channel's log: the ring of recent publications, and the order of the log's
 * generations. Internally, this edge numbers publications across all generations. A *cursor* is the
 * number of the next publication. Cursors rise by one per publication, even where offsets do not.
 */
export class ChannelLog {
  readonly #limits: RingLimits;
  readonly #history: HistoryLimits;
  /** The ring's entries begin at #head. The dropped entries before it are cut off in batches. */
  #entries: Entry[] = [];
  #head = 0;
  #bytes = 0;
  #end = 0;
  #generations: NumberedGeneration[] = [];
  readonly #older = new OlderParts();
  #floor = -Infinity;
  /**
   * Everything before this cursor was removed from the log. Some of it may not have been flushed
   * yet.
   */
  #removed = -Infinity;

  /**
   * `history`: the limits of the broker's log. The ring may keep more, for lagging sessions; see
   * `firstAllowed`.
   */
  constructor(limits: RingLimits, history: HistoryLimits = NO_LIMITS) {
    this.#limits = limits;
    this.#history = history;
  }

  /** False until `restart` has been called: before that, nothing is known of the channel. */
  get isOpen(): boolean {
    return this.#generations.length > 0;
  }

  /** The cursor after the newest publication. */
  get end(): number {
    return this.#end;
  }

  /** The cursor of the oldest publication in the ring. */
  get ringStart(): number {
    return this.#end - this.#entries.length + this.#head;
  }

  /** The broker's log no longer has the publications before this cursor. */
  get floor(): number {
    return this.#floor;
  }

  /** The position up to which everything is known. */
  get position(): Position {
    return this.positionAt(this.#end);
  }

  /**
   * Discards everything and starts after `offset` of this generation. Earlier cursors become
   * invalid.
   */
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

  /** Begins a new generation directly after the newest publication. */
  beginGeneration({ epoch, firstOffset }: Pick<Generation, 'epoch' | 'firstOffset'>): void {
    this.#generations.push({ epoch, base: this.#end - firstOffset, start: this.#end });
    if (this.#generations.length > MAX_LIVES) this.#generations.shift();
  }

  /**
   * Whether the epoch names one of this log's consecutive generations; '' stands for the last one.
   */
  knows(epoch: string): boolean {
    return epoch === '' || this.#generations.some((generation) => generation.epoch === epoch);
  }

  /** Whether the generation of this epoch has ended: it gets no new publications. */
  isOver(epoch: string): boolean {
    return this.#generations.slice(0, -1).some((generation) => generation.epoch === epoch);
  }

  /**
   * Appends the next publication. The limits do not apply to publications from the cursor `kept`
   * on.
   */
  append(entry: Entry, kept: number): void {
    this.#entries.push(entry);
    this.#end++;
    this.#bytes += entry.bytes;
    this.#trim(Math.min(kept, this.#end - 1));
  }

  /** The cursor after a position; undefined if the position is not in this log. */
  cursorAfter({ epoch, offset }: Position): number | undefined {
    const index =
      epoch === ''
        ? this.#generations.length - 1
        : this.#generations.findLastIndex((generation) => generation.epoch === epoch);
    const generation = this.#generations[index];
    if (generation === undefined) return undefined;
    const cursor = generation.base + offset + 1;
    if (cursor < generation.start) return undefined;
    // A client may have received more of an ended generation than was acknowledged: it missed
    // nothing of that generation.
    return Math.min(cursor, this.#generations[index + 1]?.start ?? Infinity);
  }

  /** The position of a client that has received everything before the cursor. */
  positionAt(cursor: number): Position {
    const { epoch, base } = this.#lifeAt(cursor);
    return { epoch, offset: cursor - base - 1 };
  }

  /**
   * The cursor at which the generation of this cursor ends; for the current generation, the log's
   * end.
   */
  generationEnd(cursor: number): number {
    if (cursor >= this.generationStart) return this.#end;
    return this.#generations.find(({ start }) => start > cursor)?.start ?? this.#end;
  }

  /** The cursor at which the current generation began. */
  get generationStart(): number {
    return this.#generations.at(-1)?.start ?? 0;
  }

  /** Whether the publication at the cursor is here, or will be the next one. */
  has(cursor: number): boolean {
    return cursor === this.#end || this.entries(cursor, cursor + 1, 0) !== undefined;
  }

  /**
   * The publications from a cursor on and before `until`, up to `maxBytes` of data; a first one
   * that is larger is returned alone. Undefined if they are not here; see `readFrom`.
   */
  entries(cursor: number, until: number, maxBytes: number): readonly Entry[] | undefined {
    const { ringStart } = this;
    if (cursor < this.#floor) return undefined; // removed during a read
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
   * The first cursor, from this one on, whose publication the broker's log still keeps at this
   * time, as far as the ring shows; the log's end if there is none. Only lagging sessions may be
   * served earlier publications.
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
      if (!isInRing && older === undefined) return from; // only the broker's log can show it
      const entries = older?.entries ?? this.#entries;
      const first = older?.start ?? this.ringStart - this.#head;
      const index = firstAfter(entries, from - first, expiredMs);
      from = first + index;
      if (index < entries.length) return from;
    }
    return from;
  }

  /** The publication directly before the cursor, if it is here. */
  before(cursor: number): Entry | undefined {
    return this.entries(cursor - 1, cursor, 0)?.[0];
  }

  /**
   * The offset after which to read the broker's log for the publication at a cursor before the
   * ring. Undefined if the log no longer has it: it was removed, or was lost with an earlier
   * generation.
   */
  readFrom(cursor: number): number | undefined {
    const { offset, epoch } = this.positionAt(cursor);
    const [current, before] = this.#generations.toReversed();
    if (current === undefined || cursor < this.#floor) return undefined;
    if (cursor >= current.start) return offset;
    if (epoch !== before?.epoch) return undefined; // the log keeps nothing of earlier generations
    // Offsets continue from one generation to the next, unless the data set was lost.
    const firstOffset = current.start - current.base;
    return offset + 1 < firstOffset ? offset : undefined;
  }

  /**
   * Adds a part of the broker's log that was read for the publication at `cursor`. If the part
   * begins after the cursor, the log no longer has anything before the part.
   */
  addOlder(cursor: number, publications: readonly Entry[]): void {
    const { ringStart } = this;
    const numbers = publications.map(({ offset }) => this.#toCursor(offset));
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

  /** Drops the parts from before the ring: no subscription reads them any more. */
  dropOlder(): void {
    this.#older.clear();
  }

  /**
   * Removes the publications before the cursor: new subscribers do not get them. Those from `kept`
   * on stay in the ring, because they have not been sent to the existing subscribers yet.
   */
  removeBefore(cursor: number, kept = cursor): void {
    const floor = Math.min(cursor, kept);
    while (this.ringStart < Math.min(floor, this.#end)) this.#dropOldest();
    this.#older.clear();
    this.#floor = Math.max(this.#floor, floor);
    this.#removed = Math.max(this.#removed, cursor);
  }

  /**
   * Drops publications that the broker's log no longer keeps, up to a cursor. The newest
   * publication stays: the next one may be sent as a delta against it.
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

  #toCursor(offset: number): number {
    const generation = this.#generations.at(-1);
    if (generation === undefined) return -Infinity;
    const number = generation.base + offset;
    if (number >= generation.start) return number;
    return (this.#generations.at(-2)?.base ?? -Infinity) + offset;
  }

  #lifeAt(cursor: number): NumberedGeneration {
    const current = this.#generations.at(-1); // nearly always this one; called per publication
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
