import { isIPv6 } from 'node:net';

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

/** After a pause, a connection may send the commands of this many seconds in one burst. */
const BURST_S = 10;

/**
 * The tokens of one command. The bucket gains one token per ms for each command per second: all
 * numbers stay whole.
 */
const COMMAND = 1000;

/** Limits the commands of one connection: a token bucket. */
export class CommandRateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #filledMs: number;

  /**
   * `extra`: how many more commands a burst may have, such as for all subscriptions of a client
   * that connects.
   */
  constructor(perSecond: number, extra: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = this.#left = (perSecond * BURST_S + extra) * COMMAND;
    this.#filledMs = nowMs;
  }

  /**
   * `refuse`: there are too many commands. `close`: a whole burst of commands was refused, and the
   * client still continues.
   */
  take(nowMs: number): 'execute' | 'refuse' | 'close' {
    const burst = this.#burst;
    const gained = (nowMs - this.#filledMs) * this.#perSecond;
    this.#left = Math.min(burst, this.#left + gained) - COMMAND;
    this.#filledMs = nowMs;
    if (this.#left >= 0) return 'execute';
    return this.#left < -burst ? 'close' : 'refuse';
  }
}

/**
 * The key under which limits count an address. An IPv6 customer has at least a /64 of addresses, so
 * all addresses of a /64 share one key. IPv4 written as IPv6 has the key of the IPv4 address.
 */
export function addressKey(address: string): string {
  if (!address.includes(':') || !isIPv6(address)) return address;
  const words = parseWords(address);
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (!isMapped)
    return `${words
      .slice(0, 4)
      .map((word) => word.toString(16))
      .join(':')}::/64`;
  const [high = 0, low = 0] = words.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * The eight 16-bit groups of an IPv6 address, which may contain `::` and may end in IPv4 notation.
 */
function parseWords(address: string): number[] {
  const [bare = ''] = address.split('%');
  const hex = bare.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const parse = (text: string | undefined) =>
    text ? text.split(':').map((word) => Number.parseInt(word, 16)) : [];
  const [first, last] = [parse(head), parse(tail)];
  const left = Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array.from({ length: left }, () => 0), ...last];
}
