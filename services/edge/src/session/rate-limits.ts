import { TokenBucket } from '@newswire/runtime';

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

/** A token bucket for each key. Only recently used keys take memory. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, TokenBucket>();
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
    const { perSecond, burst, now } = this.#options;
    const nowMs = now();
    const bucket = this.#buckets.get(key) ?? new TokenBucket(perSecond, burst, nowMs);
    if (key !== this.#newest) this.#move(key, bucket);
    const isTaken = bucket.take(nowMs, cost);
    this.#forget(nowMs);
    return isTaken;
  }

  /** Returns what was taken for something that does not count. */
  giveBack(key: string, cost = 1): void {
    this.#buckets.get(key)?.giveBack(cost);
  }

  /** Moves the key behind all others. */
  #move(key: string, bucket: TokenBucket): void {
    this.#newest = key;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
  }

  /**
   * Forgets keys beyond `maxKeys`, and keys with a full bucket, which is the same as none. Two per
   * call are enough, because each call adds one at most.
   */
  #forget(nowMs: number): void {
    let looks = 2;
    for (const [key, bucket] of this.#buckets) {
      const isOver = this.#buckets.size > this.#options.maxKeys;
      if (looks-- === 0 || (!isOver && !bucket.isFull(nowMs))) return;
      if (this.#buckets.size > 1) this.#buckets.delete(key);
    }
  }
}

/** After a pause, a connection may send the commands of this many seconds in one burst. */
const BURST_S = 10;

/** Limits the commands of one connection. */
export class CommandRateLimiter extends TokenBucket {
  readonly #burst: number;

  /**
   * `extra`: how many more commands a burst may have, such as for all subscriptions of a client
   * that connects.
   */
  constructor(perSecond: number, extra: number, nowMs: number) {
    const burst = perSecond * BURST_S + extra;
    super(perSecond, burst, nowMs);
    this.#burst = burst;
  }

  /**
   * `refuse`: there are too many commands. `close`: a whole burst of commands was refused, and the
   * client still continues.
   */
  check(nowMs: number): 'execute' | 'refuse' | 'close' {
    const left = this.overdraw(nowMs);
    if (left >= 0) return 'execute';
    return left < -this.#burst ? 'close' : 'refuse';
  }
}
