import type { HistoryLimits, Generation } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import { findAfter, Ring, sliceUpTo, type RingLimits, type RingPublication } from './ring.js';

export interface LogLimits extends RingLimits {
  /**
   * The most data that the broker's log of a channel keeps, in UTF-8 bytes. Undefined: no limit in
   * bytes.
   */
  readonly historyBytes?: number | undefined;
}

/**
 * A generation of the log, by cursor: the publication at `offset` has the cursor `base + offset`.
 * The cursors of a generation follow those of the generation before it.
 */
interface NumberedGeneration {
  readonly epoch: string;
  readonly base: number;
  /** The cursor of its first publication. Lower cursors belong to earlier generations. */
  readonly start: number;
}

/** The limits of a log that keeps everything. */
export const NO_LIMITS: HistoryLimits = { historySize: Infinity, historyTtlMs: Infinity };

/**
 * The most generations that are remembered, the current one included. Subscriptions can continue
 * from a position in any of them.
 */
const MAX_GENERATIONS = 16;

/**
 * An edge's copy of a channel's log: the ring of recent publications, and the order of the log's
 * generations. Internally, this edge numbers publications across all generations. A *cursor* is the
 * number of the next publication. Cursors rise by one per publication, even where offsets do not.
 */
export class ChannelLog {
  readonly #limits: LogLimits;
  readonly #history: HistoryLimits;
  readonly #ring: Ring;
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
  constructor(limits: LogLimits, history: HistoryLimits = NO_LIMITS) {
    this.#limits = limits;
    this.#history = history;
    this.#ring = new Ring(limits);
  }

  /** False until `restart` has been called: before that, nothing is known of the channel. */
  get isOpen(): boolean {
    return this.#generations.length > 0;
  }

  /** The cursor after the newest publication. */
  get end(): number {
    return this.#ring.end;
  }

  /** The cursor of the oldest publication in the ring. */
  get ringStart(): number {
    return this.#ring.start;
  }

  /** The broker's log no longer has the publications before this cursor. */
  get floor(): number {
    return this.#floor;
  }

  /** The position up to which everything is known. */
  get position(): Position {
    return this.positionAt(this.end);
  }

  /**
   * Discards everything and starts after `offset` of this generation. Earlier cursors become
   * invalid.
   */
  restart({ epoch, firstOffset, follows }: Generation, offset: number): void {
    this.#ring.restart(this.end + 1);
    this.#older.clear();
    this.#floor = this.#removed = -Infinity;
    const base = this.end - offset - 1;
    const start = base + firstOffset;
    this.#generations = [{ epoch, base, start }];
    if (follows === undefined) return;
    const before = { epoch: follows.epoch, base: start - follows.offset - 1, start: -Infinity };
    this.#generations.unshift(before);
  }

  /** Begins a new generation directly after the newest publication. */
  beginGeneration({ epoch, firstOffset }: Pick<Generation, 'epoch' | 'firstOffset'>): void {
    this.#generations.push({ epoch, base: this.end - firstOffset, start: this.end });
    if (this.#generations.length > MAX_GENERATIONS) this.#generations.shift();
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
  append(publication: RingPublication, kept: number): void {
    this.#ring.append(publication, kept);
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
    const { epoch, base } = this.#generationAt(cursor);
    return { epoch, offset: cursor - base - 1 };
  }

  /** The epoch of the generation that the cursor is in. */
  epochAt(cursor: number): string {
    return this.#generationAt(cursor).epoch;
  }

  /**
   * The cursor at which the generation of this cursor ends; for the current generation, the log's
   * end.
   */
  generationEnd(cursor: number): number {
    if (cursor >= this.generationStart) return this.end;
    return this.#generations.find(({ start }) => start > cursor)?.start ?? this.end;
  }

  /** The cursor at which the current generation began. */
  get generationStart(): number {
    return this.#generations.at(-1)?.start ?? 0;
  }

  /** Whether the publication at the cursor is here, or will be the next one. */
  has(cursor: number): boolean {
    return cursor === this.end || this.#at(cursor) !== undefined;
  }

  /** The publication directly before the cursor, if it is here. */
  before(cursor: number): RingPublication | undefined {
    return this.#at(cursor - 1);
  }

  /**
   * The publications from a cursor on and before `until`, up to `maxBytes` of data; a first one
   * that is larger is returned alone. Undefined if they are not here; see `readFrom`.
   */
  slice(cursor: number, until: number, maxBytes: number): readonly RingPublication[] | undefined {
    if (cursor < this.#floor) return undefined; // removed during a read
    if (cursor >= this.#ring.start) return this.#ring.slice(cursor, until, maxBytes);
    const older = this.#older.partAt(cursor);
    if (older === undefined) return undefined;
    const from = cursor - older.start;
    return sliceUpTo(older.publications, from, from + until - cursor, maxBytes);
  }

  /**
   * The cursor of the oldest publication, at or after this cursor, that the broker's log still has
   * at this time, judged by the ring. The log's end if it has none. Only lagging sessions may be
   * served earlier publications.
   */
  firstAllowed(cursor: number, nowMs: number): number {
    const { historySize, historyTtlMs } = this.#history;
    const { historyBytes = Infinity } = this.#limits;
    const expiredMs = nowMs - historyTtlMs;
    let from = Math.max(cursor, this.#removed, this.end - historySize);
    if (this.#ring.bytes > historyBytes)
      from = Math.max(from, this.#ring.startWithin(historyBytes));
    while (from < this.ringStart) {
      const older = this.#older.partAt(from);
      if (older === undefined) return from; // only the broker's log can show it
      const index = findAfter(older.publications, from - older.start, expiredMs);
      from = older.start + index;
      if (index < older.publications.length) return from;
    }
    return from < this.end ? this.#ring.findAfter(from, expiredMs) : from;
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
  addOlder(cursor: number, publications: readonly RingPublication[]): void {
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
    const part = publications.slice(from, to);
    const isPrepended = start + to - at === ringStart && this.#ring.prepend(part);
    if (!isPrepended) this.#older.add({ start: start - (at - from), publications: part });
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
    this.#ring.dropBefore(floor);
    this.#older.clear();
    this.#floor = Math.max(this.#floor, floor);
    this.#removed = Math.max(this.#removed, cursor);
  }

  /**
   * Drops publications that the broker's log no longer keeps, up to a cursor. The newest
   * publication stays: the next one may be sent as a delta against it.
   */
  dropExcluded(before: number, nowMs: number): void {
    const from = Math.min(this.firstAllowed(this.ringStart, nowMs), before, this.end - 1);
    if (from <= this.ringStart) return;
    this.#ring.dropBefore(from);
    this.#floor = Math.max(this.#floor, from);
  }

  #at(cursor: number): RingPublication | undefined {
    if (cursor < this.#floor) return undefined; // removed during a read
    if (cursor >= this.#ring.start) return this.#ring.at(cursor);
    const older = this.#older.partAt(cursor);
    return older?.publications[cursor - older.start];
  }

  #toCursor(offset: number): number {
    const generation = this.#generations.at(-1);
    if (generation === undefined) return -Infinity;
    const number = generation.base + offset;
    if (number >= generation.start) return number;
    return (this.#generations.at(-2)?.base ?? -Infinity) + offset;
  }

  #generationAt(cursor: number): NumberedGeneration {
    const current = this.#generations.at(-1); // nearly always this one; called per publication
    if (current !== undefined && current.start <= cursor) return current;
    const generation =
      this.#generations.findLast(({ start }) => start <= cursor) ?? this.#generations[0];
    if (generation === undefined) throw new Error('this log has not been read yet');
    return generation;
  }
}

/** A part of a channel's log from before the ring, read for subscriptions that need it. */
interface OlderPart {
  /** The cursor of its first publication. */
  readonly start: number;
  readonly publications: readonly RingPublication[];
}

/** The most data kept per channel for subscriptions at different cursors, in UTF-8 bytes. */
const MAX_OLDER_BYTES = 4_194_304;

/**
 * The parts of one channel's log that were read from before the ring, up to `MAX_OLDER_BYTES`. A
 * slow session comes back many times for the rest of a part. Sessions at other cursors must not
 * evict that part in the meantime.
 */
class OlderParts {
  /** The most recently used part is last. */
  #parts: OlderPart[] = [];

  /** The part that holds the publication at the cursor. */
  partAt(cursor: number): OlderPart | undefined {
    const part = this.#parts.findLast(
      ({ start, publications }) => cursor >= start && cursor < start + publications.length,
    );
    if (part !== undefined && part !== this.#parts.at(-1)) {
      this.#parts = [...this.#parts.filter((each) => each !== part), part];
    }
    return part;
  }

  /** The new part stays, even if it is large. The least recently used parts make room for it. */
  add(part: OlderPart): void {
    this.#parts.push(part);
    let bytes = this.#parts.reduce((sum, each) => sum + sumBytes(each), 0);
    while (bytes > MAX_OLDER_BYTES && this.#parts.length > 1) {
      bytes -= sumBytes(this.#parts.shift() ?? part);
    }
  }

  clear(): void {
    if (this.#parts.length > 0) this.#parts = [];
  }
}

function sumBytes({ publications }: OlderPart): number {
  return publications.reduce((sum, { bytes }) => sum + bytes, 0);
}
