import { Histogram } from './histogram.ts';
import type { Sample } from './samples.ts';

/** What happened in one part of a run. */
export interface Interval {
  /** Where it begins, in seconds from the first sample. */
  readonly fromS: number;
  /** Null where nothing was delivered. */
  readonly latencyMs: LatencyMs | null;
  readonly deliveriesPerS: number;
  readonly publicationsPerS: number;
  /** Open at its end. */
  readonly connections: number;
}

export interface LatencyMs {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

interface Second {
  readonly latencies: Histogram;
  published: number;
  opened: number;
  closed: number;
}

/** A plot has no more points than this: of a longer run, each stands for several seconds. */
const MOST_INTERVALS = 600;

/** Percentiles of a histogram; null when it is empty. */
export function latencyOf(latencies: Histogram): LatencyMs | null {
  const [p50, p95, p99, max] = latencies.percentiles([50, 95, 99, 100]);
  if (p50 == null || p95 == null || p99 == null || max == null) return null;
  return { p50, p95, p99, max };
}

/** Keeps of all samples what a report needs, second by second: exact, and small. */
export class Timeline {
  readonly #seconds = new Map<number, Second>();

  add({ metric, second, value }: Sample): void {
    if (metric === 'delivery_latency') this.#at(second).latencies.add(value);
    else if (metric === 'published') this.#at(second).published += value;
    else if (metric === 'ws_sessions') this.#at(second).opened += value;
    else if (metric === 'ws_session_duration') this.#at(second).closed += 1;
  }

  get isEmpty(): boolean {
    return this.#seconds.size === 0;
  }

  /** Of the first sample, in seconds since 1970. */
  get firstSecond(): number {
    return Math.min(...this.#seconds.keys());
  }

  /** In seconds: 1, but for long runs. */
  get intervalS(): number {
    return Math.ceil(this.#lengthS / MOST_INTERVALS);
  }

  /** Latencies of the whole run. */
  latencies(): Histogram {
    const all = new Histogram();
    for (const { latencies } of this.#seconds.values()) all.addAll(latencies);
    return all;
  }

  /** The run from its first to its last sample, without holes. */
  intervals(): Interval[] {
    const { intervalS } = this;
    let connections = 0;
    return Array.from({ length: Math.ceil(this.#lengthS / intervalS) }, (_, index) => {
      const fromS = index * intervalS;
      const total = this.#sum(this.firstSecond + fromS, intervalS);
      connections += total.opened - total.closed;
      return {
        fromS,
        latencyMs: latencyOf(total.latencies),
        deliveriesPerS: total.latencies.count / intervalS,
        publicationsPerS: total.published / intervalS,
        connections,
      };
    });
  }

  get #lengthS(): number {
    if (this.isEmpty) return 0;
    return Math.max(...this.#seconds.keys()) - this.firstSecond + 1;
  }

  #at(second: number): Second {
    const known = this.#seconds.get(second);
    if (known) return known;
    const made = { latencies: new Histogram(), published: 0, opened: 0, closed: 0 };
    this.#seconds.set(second, made);
    return made;
  }

  #sum(from: number, lengthS: number): Second {
    const total: Second = { latencies: new Histogram(), published: 0, opened: 0, closed: 0 };
    for (let number = from; number < from + lengthS; number += 1) {
      const second = this.#seconds.get(number);
      if (!second) continue;
      total.latencies.addAll(second.latencies);
      total.published += second.published;
      total.opened += second.opened;
      total.closed += second.closed;
    }
    return total;
  }
}
