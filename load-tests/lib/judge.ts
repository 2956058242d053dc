import { deliveryLatency, doubled, endsMissed, lost, received, reordered } from './metrics.ts';

/** What a scenario publishes as data: enough to judge each delivery by itself. */
export interface Item {
  /** 1, 2, 3… in its channel; in a last item, the sequence number of the item before it. */
  readonly seq: number;
  /** Time of publishing, in ms since 1970. */
  readonly atMs: number;
  /** Present on the item that ends a channel. It is published several times and counted never. */
  readonly isLast?: true;
  /** Makes it large, where that matters. */
  readonly pad?: string;
}

/** Reads a publication as the seed protocol and plain SSE deliver it; null when it is no item. */
export function parseItem(text: string): Item | null {
  if (!text.startsWith('{"seq":')) return null;
  const item: Item = JSON.parse(text);
  return item;
}

/** k6's tags of a sample: here which protocol it came over. */
export type Tags = Record<string, string>;

/** Where latencies go, in ms. */
export interface LatencySink {
  add(ms: number, tags?: Tags): void;
}

/**
 * Judges what one subscriber gets of one channel, and reports to the metrics. Deliveries are judged by their
 * numbers: offsets, or where the protocol has none, sequence numbers from the data. A number that was jumped over is
 * missing until it comes (then it was reordered) or the channel ends (then it is lost). A number that was there
 * before is doubled.
 */
export class Judge {
  readonly #tags: Tags | undefined;
  readonly #latency: LatencySink;
  readonly #missing = new Set<number>();
  /** The number that has to come next. */
  #next: number;
  #received = 0;
  #doubled = 0;
  #reordered = 0;
  #last: number | null = null;
  #isReported = false;

  constructor(tags?: Tags, first = 1, latency: LatencySink = deliveryLatency) {
    this.#tags = tags;
    this.#next = first;
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
    return this.#next - 1;
  }

  /** The server reported that nothing up to this offset will come. */
  skipPast(offset: number): void {
    this.#next = Math.max(this.#next, offset + 1);
  }

  /** To the metrics, once. */
  report(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    const rest = Math.max(0, (this.#last ?? 0) + 1 - this.#next);
    received.add(this.#received, this.#tags);
    doubled.add(this.#doubled, this.#tags);
    reordered.add(this.#reordered, this.#tags);
    lost.add(this.#missing.size + rest, this.#tags);
    endsMissed.add(this.#last === null ? 1 : 0, this.#tags);
  }

  #takeNumber(number: number, item: Item, nowMs: number): void {
    if (number < this.#next) {
      if (this.#missing.delete(number)) this.#reordered += 1;
      else this.#doubled += 1;
    } else {
      for (let skipped = this.#next; skipped < number; skipped += 1) this.#missing.add(skipped);
      this.#next = number + 1;
    }
    if (item.isLast) return;
    this.#received += 1;
    this.#latency.add(nowMs - item.atMs, this.#tags);
  }
}
