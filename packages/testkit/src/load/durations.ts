/** Each bucket is 5 % larger than the one before, which is the precision of quantiles. */
const GROWTH = Math.log(1.05);
const SMALLEST_MS = 0.01;

/** A histogram that stores many durations in little memory. */
export class Durations {
  readonly #counts: number[] = [];
  count = 0;
  maxMs = 0;

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(ms / SMALLEST_MS) / GROWTH));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.count++;
    this.maxMs = Math.max(this.maxMs, ms);
  }

  clear(): void {
    this.#counts.length = this.count = this.maxMs = 0;
  }

  /**
   * The duration that this share (0 to 1) of all durations does not exceed; 0 if there are none.
   */
  quantileMs(share: number): number {
    let rest = Math.ceil(this.count * share);
    for (const [bucket, count = 0] of this.#counts.entries()) {
      rest -= count;
      if (rest <= 0) return Math.min(this.maxMs, SMALLEST_MS * Math.exp(bucket * GROWTH));
    }
    return this.maxMs;
  }

  summary(): DurationSummary {
    const [p50, p99] = [0.5, 0.99].map((share) => Math.round(this.quantileMs(share) * 100) / 100);
    return { count: this.count, p50: p50 ?? 0, p99: p99 ?? 0, max: Math.round(this.maxMs) };
  }
}

/** In ms. */
export interface DurationSummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}
