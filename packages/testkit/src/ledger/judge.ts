import type { KnownGeneration } from './known-generation.js';
import type { Timeline } from './timeline.js';
import { OffsetSet } from './offset-set.js';
import type { Notice, Run, Start, SubscriptionLog } from './subscription-log.js';

/** A reported gap, and the number of accepted publications in it. */
export interface ReportedGap extends Notice {
  readonly covered: number;
}

export interface SubscriptionVerdict {
  readonly subscriber: string;
  readonly channel: string;
  readonly delivered: number;
  /** Accepted after the subscription began, not delivered, and not covered by a reported gap. */
  readonly lost: number;
  /** Delivered more than once. */
  readonly doubled: number;
  /** Delivered after a later one. */
  readonly reordered: number;
  /** Offsets that were skipped without a reported gap and that are in no publisher's reply. */
  readonly skipped: number;
  readonly gaps: readonly ReportedGap[];
  /** Descriptions of the faults; empty if there are none. */
  readonly details: readonly string[];
}

/** Compares the deliveries to one subscriber with the publishers' replies. */
export function judge(log: SubscriptionLog, timeline: Timeline): SubscriptionVerdict {
  return new Judge(log, timeline).verdict();
}

class Judge {
  readonly #log: SubscriptionLog;
  readonly #timeline: Timeline;
  readonly #given = new Map<KnownGeneration, OffsetSet>();
  /** Indexes of the timeline that were skipped. */
  readonly #missing = new OffsetSet();
  readonly #gaps: ReportedGap[] = [];
  readonly #details: string[] = [];
  /** The next index in the timeline; undefined before the subscription. */
  #next: number | undefined;
  /** The run with the highest end in the current generation. */
  #highest: Run | undefined;
  #delivered = 0;
  #doubled = 0;
  #reordered = 0;
  #skipped = 0;

  constructor(log: SubscriptionLog, timeline: Timeline) {
    this.#log = log;
    this.#timeline = timeline;
  }

  verdict(): SubscriptionVerdict {
    for (const entry of this.#log.entries) {
      if (entry.kind === 'start') this.#begin(entry);
      else this.#take(entry);
    }
    const end = this.#timeline.length;
    const next = this.#next ?? end;
    if (this.#log.isOpen && next < end) this.#missing.add(next, end - 1);
    for (const { from, to } of this.#missing.ranges) this.#tell(`lost ${this.#name(from, to)}`);
    return {
      subscriber: this.#log.subscriber,
      channel: this.#log.history.name,
      delivered: this.#delivered,
      lost: this.#missing.size,
      doubled: this.#doubled,
      reordered: this.#reordered,
      skipped: this.#skipped,
      gaps: this.#gaps,
      details: this.#details,
    };
  }

  #begin({ generation, offset, notice }: Start): void {
    const start = this.#timeline.countUpTo(generation, offset);
    this.#highest = undefined;
    if (notice === undefined || this.#next === undefined) {
      this.#next = start;
      return;
    }
    this.#gaps.push({ ...notice, covered: Math.max(0, start - this.#next) });
    this.#next = Math.max(this.#next, start);
  }

  #take(run: Run): void {
    const { generation, from, to } = run;
    if (to < from) {
      this.#highest = run;
      return;
    }
    this.#noteSkipped(run);
    const given = this.#given.get(generation) ?? new OffsetSet();
    this.#given.set(generation, given);
    const fresh = given.add(from, to);
    const count = to - from + 1;
    const freshCount = fresh.reduce((sum, part) => sum + part.to - part.from + 1, 0);
    this.#delivered += count;
    this.#doubled += count - freshCount;
    if (freshCount < count) this.#tell(`doubled ${generation.epoch}/${from}..${to}`);
    for (const part of fresh) this.#takeFresh(generation, part.from, part.to);
  }

  #takeFresh(generation: KnownGeneration, from: number, to: number): void {
    const first = this.#timeline.countUpTo(generation, from - 1);
    const end = this.#timeline.countUpTo(generation, to);
    const next = this.#next ?? first;
    const lateEnd = Math.min(end, next);
    if (lateEnd > first) {
      this.#reordered += lateEnd - first;
      this.#missing.remove(first, lateEnd - 1);
      this.#tell(`reordered ${this.#name(first, lateEnd - 1)}`);
    }
    if (end <= next) return;
    this.#missing.add(next, first - 1);
    this.#next = end;
  }

  /**
   * Within a generation, a step of more than one leaves a hole, even without an accepted
   * publication in it.
   */
  #noteSkipped(run: Run): void {
    const last = this.#highest;
    if (last?.generation === run.generation && run.to < last.to) return;
    this.#highest = run;
    if (last?.generation !== run.generation || run.from <= last.to + 1) return;
    const { generation, from } = run;
    const timeline = this.#timeline;
    const accepted =
      timeline.countUpTo(generation, from - 1) - timeline.countUpTo(generation, last.to);
    const skipped = from - last.to - 1 - accepted;
    this.#skipped += skipped;
    if (skipped > 0) this.#tell(`skipped ${skipped} before ${run.generation.epoch}/${run.from}`);
  }

  #name(first: number, last: number): string {
    const { tokens } = this.#timeline;
    return `${last - first + 1}: tokens ${tokens[first]}..${tokens[last]}`;
  }

  /** Keeps only the first few: one fault of the server may cause thousands. */
  #tell(detail: string): void {
    if (this.#details.length < MAX_DETAILS) this.#details.push(detail);
  }
}

const MAX_DETAILS = 5;
