/** One step of a histogram: so many percent of the values are not above `ms`. */
export interface PercentileStep {
  readonly percent: number;
  readonly ms: number;
}

/** How often each latency was seen. Exact, since k6 measures in whole milliseconds. */
export class Histogram {
  count = 0;
  readonly #countOf = new Map<number, number>();

  add(ms: number, count = 1): void {
    this.#countOf.set(ms, (this.#countOf.get(ms) ?? 0) + count);
    this.count += count;
  }

  addAll(other: Histogram): void {
    for (const [ms, count] of other.#countOf) this.add(ms, count);
  }

  /** The smallest value that `percent` of the values are not above; null when there are none. */
  percentile(percent: number): number | null {
    return this.percentiles([percent])[0] ?? null;
  }

  /** As `percentile`, for several percentages in rising order. */
  percentiles(percents: readonly number[]): (number | null)[] {
    const steps = this.steps();
    return percents.map((percent) => steps.find((step) => step.percent >= percent)?.ms ?? null);
  }

  /** Every value that was seen, in rising order; the last step is at 100 percent. */
  steps(): PercentileStep[] {
    const sorted = [...this.#countOf].toSorted(([a], [b]) => a - b);
    let seen = 0;
    return sorted.map(([ms, count]) => {
      seen += count;
      return { ms, percent: (100 * seen) / this.count };
    });
  }
}
