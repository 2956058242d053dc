import { Durations } from './durations.js';

/** What all clients of a load count together. */
export class LoadStatistics {
  readonly #counts = new Map<string, number>();
  /** From the loss of a subscription until it is in force again. */
  readonly outages = new Durations();
  /** From the loss of a subscription until everything that was missed by then has come. */
  readonly catchUps = new Durations();
  /** From publishing to delivery. */
  readonly latencies = new Durations();
  /** Whether latencies are measured: that costs more than everything else about a delivery. */
  isTiming = false;

  count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  time(isTiming: boolean): void {
    this.isTiming = isTiming;
    if (isTiming) this.latencies.clear();
  }

  get counts(): Record<string, number> {
    const entries = [...this.#counts].toSorted(([a], [b]) => a.localeCompare(b));
    return Object.fromEntries(entries);
  }
}
