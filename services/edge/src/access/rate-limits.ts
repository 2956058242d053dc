export interface RateLimitsOptions {
  /** How many a second each key may have in the long run. */
  readonly perSecond: number;
  /** How many at once, after a rest. */
  readonly burst: number;
  /** Of more keys, the ones longest unused are forgotten, and may begin anew. */
  readonly maxKeys: number;
  /** ms, of any clock that never goes back. */
  readonly now: () => number;
}

interface Bucket {
  level: number;
  filledAtMs: number;
}

/** A token bucket for each key. Only keys that are in use lately take memory. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();
  /** The key used last: mostly it is the next one too. */
  #newest: string | undefined;

  constructor(options: RateLimitsOptions) {
    this.#options = options;
  }

  get keyCount(): number {
    return this.#buckets.size;
  }

  /** Takes `cost` from the key's bucket; false, and nothing is taken, where there is too little. */
  take(key: string, cost = 1): boolean {
    const nowMs = this.#options.now();
    const bucket = this.#buckets.get(key) ?? { level: this.#options.burst, filledAtMs: nowMs };
    bucket.level = this.#levelOf(bucket, nowMs);
    bucket.filledAtMs = nowMs;
    if (key !== this.#newest) this.#move(key, bucket);
    this.#forget(nowMs);
    if (bucket.level < cost) return false;
    bucket.level -= cost;
    return true;
  }

  /** What was taken turned out not to count. */
  giveBack(key: string, cost = 1): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.level = Math.min(this.#options.burst, bucket.level + cost);
  }

  /** Behind all others. */
  #move(key: string, bucket: Bucket): void {
    this.#newest = key;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
  }

  #levelOf({ level, filledAtMs }: Bucket, nowMs: number): number {
    const { burst, perSecond } = this.#options;
    return Math.min(burst, level + ((nowMs - filledAtMs) * perSecond) / 1000);
  }

  /** A full bucket says no more than none. Two at a time are enough: each call adds one at most. */
  #forget(nowMs: number): void {
    let looks = 2;
    for (const [key, bucket] of this.#buckets) {
      const isOver = this.#buckets.size > this.#options.maxKeys;
      if (looks-- === 0 || (!isOver && this.#levelOf(bucket, nowMs) < this.#options.burst)) return;
      if (this.#buckets.size > 1) this.#buckets.delete(key);
    }
  }
}
