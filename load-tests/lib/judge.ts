import type { Item } from './item.ts';
import { SequenceLedger } from './ledger.ts';
import { deliveryLatency, doubled, endsMissed, lost, received, reordered } from './metrics.ts';

/** k6's tags of a sample: here which wire it came over. */
export type Tags = Record<string, string>;

/** Where latencies go, in ms. */
export interface LatencySink {
  add(ms: number, tags?: Tags): void;
}

/** Judges what one subscriber gets of one channel, and reports to the metrics. */
export class Judge {
  readonly #ledger: SequenceLedger;
  readonly #tags: Tags | undefined;
  readonly #latency: LatencySink;
  #received = 0;
  #last: number | null = null;
  #isReported = false;

  /** `first`: the number that has to come first. */
  constructor(tags?: Tags, first = 1, latency: LatencySink = deliveryLatency) {
    this.#ledger = new SequenceLedger(first);
    this.#tags = tags;
    this.#latency = latency;
  }

  /** Takes an item that came without an offset: it is judged by its sequence number. */
  take(item: Item, nowMs: number): void {
    if (item.isLast) this.#last ??= item.seq;
    else this.#takeNumber(item.seq, item, nowMs);
  }

  /** Takes an item by its offset. The channel ends with the first end that came. */
  takeAt(offset: number, item: Item, nowMs: number): void {
    if (item.isLast && this.#last === null) this.#last = offset;
    this.#takeNumber(offset, item, nowMs);
  }

  get hasEnded(): boolean {
    return this.#last !== null;
  }

  /** The highest number that came. */
  get highest(): number {
    return this.#ledger.highest;
  }

  /** The server said that nothing up to this offset will come. */
  skipPast(offset: number): void {
    this.#ledger.skipTo(offset + 1);
  }

  /** To the metrics, once. */
  report(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    received.add(this.#received, this.#tags);
    doubled.add(this.#ledger.doubled, this.#tags);
    reordered.add(this.#ledger.reordered, this.#tags);
    lost.add(this.#ledger.lost(this.#last ?? 0), this.#tags);
    endsMissed.add(this.#last === null ? 1 : 0, this.#tags);
  }

  #takeNumber(number: number, item: Item, nowMs: number): void {
    this.#ledger.take(number);
    if (item.isLast) return;
    this.#received += 1;
    this.#latency.add(nowMs - item.atMs, this.#tags);
  }
}
