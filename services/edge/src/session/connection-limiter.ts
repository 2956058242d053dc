import { addressKey } from '@newswire/transport';
import { RateLimits } from './rate-limits.js';

export interface ConnectionLimitsOptions {
  /** Per edge, in total. */
  readonly maxConnections: number;
  /** Per user on this edge. Anonymous connections do not count here. */
  readonly maxPerUser: number;
  /** Per client address on this edge. */
  readonly maxPerAddress: number;
}

/** One connection's share of the limits. */
export interface ConnectionSlot {
  /**
   * Counts the connection for this user. Returns false, and does not count it for this user, if the
   * user has too many.
   */
  countFor(user: string): boolean;
  /** Releases all counts. A second call does nothing. */
  release(): void;
}

/** Counts connections: in total, by address and by user. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #byAddress = new Map<string, number>();
  readonly #byUser = new Map<string, number>();
  #count = 0;

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  /** Returns undefined if a limit is reached. */
  take(address: string): ConnectionSlot | undefined {
    const { maxConnections, maxPerAddress } = this.#options;
    if (this.#count >= maxConnections) return undefined;
    if (!increase(this.#byAddress, address, maxPerAddress)) return undefined;
    this.#count++;
    return new CountedSlot(this, address);
  }

  /**
   * Called by slots: counts the connection for `to` instead of `from`. Returns false if `to` has
   * too many.
   */
  move(from: string, to: string): boolean {
    if (to !== '' && !increase(this.#byUser, to, this.#options.maxPerUser)) return false;
    decrease(this.#byUser, from);
    return true;
  }

  /** Called by slots. */
  release(address: string, user: string): void {
    this.#count--;
    decrease(this.#byAddress, address);
    decrease(this.#byUser, user);
  }
}

/** Kept small, because every connection has one. */
class CountedSlot implements ConnectionSlot {
  readonly #limits: ConnectionLimits;
  readonly #address: string;
  #user = '';
  #isReleased = false;

  constructor(limits: ConnectionLimits, address: string) {
    this.#limits = limits;
    this.#address = address;
  }

  countFor(user: string): boolean {
    if (this.#isReleased || user === this.#user) return !this.#isReleased;
    if (!this.#limits.move(this.#user, user)) return false;
    this.#user = user;
    return true;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#limits.release(this.#address, this.#user);
  }
}

function increase(counts: Map<string, number>, key: string, max: number): boolean {
  const count = counts.get(key) ?? 0;
  if (count >= max) return false;
  counts.set(key, count + 1);
  return true;
}

function decrease(counts: Map<string, number>, key: string): void {
  const count = counts.get(key);
  if (count === undefined) return;
  if (count > 1) counts.set(key, count - 1);
  else counts.delete(key);
}

/** The slot of a connection that is not counted: `countFor` allows every user. */
export const UNCOUNTED_SLOT: ConnectionSlot = {
  countFor: () => true,
  release: () => undefined,
};

export interface ConnectionLimiterOptions {
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  readonly maxConnectionsPerAddress: number;
  readonly connectsPerSecond: number;
  readonly now: () => number;
}

/** Why a connection is refused as it opens. */
export type ConnectionRefusal = 'rate' | 'full' | 'address';

/** The most addresses whose recent connections are remembered. */
const MAX_ADDRESSES = 100_000;

/** Limits the connections of an edge: in total, per user, and per address also their rate. */
export class ConnectionLimiter {
  readonly #maxConnections: number;
  readonly #limits: ConnectionLimits;
  readonly #rates: RateLimits;

  constructor(options: ConnectionLimiterOptions) {
    const { maxConnections, connectsPerSecond: perSecond, now } = options;
    this.#maxConnections = maxConnections;
    this.#limits = new ConnectionLimits({
      maxConnections,
      maxPerUser: options.maxConnectionsPerUser,
      maxPerAddress: options.maxConnectionsPerAddress,
    });
    this.#rates = new RateLimits({ perSecond, burst: perSecond, maxKeys: MAX_ADDRESSES, now });
  }

  get isFull(): boolean {
    return this.#limits.count >= this.#maxConnections;
  }

  /** Counts a connection that has opened. Returns its slot, or why it must be closed. */
  take(address: string): ConnectionSlot | ConnectionRefusal {
    const key = addressKey(address);
    if (!this.#rates.take(key)) return 'rate';
    return this.#limits.take(key) ?? (this.isFull ? 'full' : 'address');
  }
}
