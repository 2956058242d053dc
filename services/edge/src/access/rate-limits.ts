export interface RateLimitsOptions {
  /** The refill rate of each key's bucket, per second. */
  readonly perSecond: number;
  /** The size of each bucket: the largest burst after a pause. */
  readonly burst: number;
  /**
   * With more keys, the least recently used ones are forgotten and start again with a full bucket.
   */
  readonly maxKeys: number;
  /** In ms, from any clock that never goes back. */
  readonly now: () => number;
}

interface Bucket {
  level: number;
  filledAtMs: number;
}

/** A token bucket for each key. Only recently used keys take memory. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();
  /** The most recently used key. Usually the next call has the same key. */
  #newest: string | undefined;

  constructor(options: RateLimitsOptions) {
    this.#options = options;
  }

  get keyCount(): number {
    return this.#buckets.size;
  }

  /**
   * Takes `cost` from the key's bucket. Returns false, and takes nothing, if the bucket holds too
   * little.
   */
  take(key: string, cost = 1): boolean {
    const nowMs = this.#options.now();
    const bucket = this.#buckets.get(key) ?? { level: this.#options.burst, filledAtMs: nowMs };
    bucket.level = this.#computeLevel(bucket, nowMs);
    bucket.filledAtMs = nowMs;
    if (key !== this.#newest) this.#move(key, bucket);
    this.#forget(nowMs);
    if (bucket.level < cost) return false;
    bucket.level -= cost;
    return true;
  }

  /** Returns what was taken for something that does not count. */
  giveBack(key: string, cost = 1): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.level = Math.min(this.#options.burst, bucket.level + cost);
  }

  /** Moves the key behind all others. */
  #move(key: string, bucket: Bucket): void {
    this.#newest = key;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
  }

  #computeLevel({ level, filledAtMs }: Bucket, nowMs: number): number {
    const { burst, perSecond } = this.#options;
    return Math.min(burst, level + ((nowMs - filledAtMs) * perSecond) / 1000);
  }

  /**
   * Forgets keys beyond `maxKeys`, and keys with a full bucket, which is the same as none. Two per
   * call are enough, because each call adds one at most.
   */
  #forget(nowMs: number): void {
    let looks = 2;
    for (const [key, bucket] of this.#buckets) {
      const isOver = this.#buckets.size > this.#options.maxKeys;
      if (looks-- === 0 || (!isOver && this.#computeLevel(bucket, nowMs) < this.#options.burst))
        return;
      if (this.#buckets.size > 1) this.#buckets.delete(key);
    }
  }
}
