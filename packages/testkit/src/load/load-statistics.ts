import { Durations } from './durations.js';

/** Statistics that all clients of one kind share. */
export class LoadStatistics {
  readonly #counts = new Map<string, number>();
  /** From the loss of a subscription until it is active again. */
  readonly outages = new Durations();
  /** From the loss of a subscription until all publications missed by then are delivered. */
  readonly catchUps = new Durations();
  /** From publishing to delivery. */
  readonly latencies = new Durations();
  /** Whether latencies are measured. Measuring costs more than the rest of a delivery. */
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
