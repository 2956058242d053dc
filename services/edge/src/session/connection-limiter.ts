import { addressKey, RateLimits } from './rate-limits.js';
import type { Session } from './session.js';

export interface ConnectionLimitsOptions {
  /** Per edge, in total. */
  readonly maxConnections: number;
  /** Per user on this edge. Anonymous connections do not count here. */
  readonly maxPerUser: number;
  /** Per client address on this edge. */
  readonly maxPerAddress: number;
}

/** One connection's place in the counts. */
export interface Place {
  /**
   * Counts the connection for this user. Returns false, and does not count it for this user, if the
   * user has too many.
   */
  takeFor(user: string): boolean;
  /** Releases all counts. A second call does nothing. */
  leave(): void;
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
  enter(address: string): Place | undefined {
    const { maxConnections, maxPerAddress } = this.#options;
    if (this.#count >= maxConnections) return undefined;
    if (!increase(this.#byAddress, address, maxPerAddress)) return undefined;
    this.#count++;
    return new CountedPlace(this, address);
  }

  /**
   * Called by places: counts the connection for `to` instead of `from`. Returns false if `to` has
   * too many.
   */
  move(from: string, to: string): boolean {
    if (to !== '' && !increase(this.#byUser, to, this.#options.maxPerUser)) return false;
    decrease(this.#byUser, from);
    return true;
  }

  /** Called by places. */
  leave(address: string, user: string): void {
    this.#count--;
    decrease(this.#byAddress, address);
    decrease(this.#byUser, user);
  }
}

/** Kept small, because every connection has one. */
class CountedPlace implements Place {
  readonly #limits: ConnectionLimits;
  readonly #address: string;
  #user = '';
  #hasLeft = false;

  constructor(limits: ConnectionLimits, address: string) {
    this.#limits = limits;
    this.#address = address;
  }

  takeFor(user: string): boolean {
    if (this.#hasLeft || user === this.#user) return !this.#hasLeft;
    if (!this.#limits.move(this.#user, user)) return false;
    this.#user = user;
    return true;
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#limits.leave(this.#address, this.#user);
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

export interface ConnectionLimiterOptions {
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  readonly maxConnectionsPerAddress: number;
  readonly connectsPerSecond: number;
  readonly now: () => number;
  /** Called with the reason why a connection was refused. */
  readonly onRefused?: (reason: RefusalReason) => void;
}

/**
 * `user`: the user has too many connections. The other reasons are known as the connection opens.
 */
export type RefusalReason = 'rate' | 'full' | 'address' | 'user';

/** The most addresses whose recent connections are remembered. */
const MAX_ADDRESSES = 100_000;

/** Counts connections, and closes the sessions that exceed a limit. */
export class ConnectionLimiter {
  readonly #maxConnections: number;
  readonly #limits: ConnectionLimits;
  readonly #rates: RateLimits;
  readonly #onRefused: (reason: RefusalReason) => void;

  constructor(options: ConnectionLimiterOptions) {
    const { maxConnections, connectsPerSecond: perSecond, now } = options;
    this.#maxConnections = maxConnections;
    this.#onRefused = options.onRefused ?? (() => undefined);
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

  /** A connection has been opened: it gets a place, or is closed with 3013 or 3504. */
  enter(session: Session): void {
    const address = addressKey(session.origin.address);
    if (!this.#rates.take(address)) {
      this.#onRefused('rate');
      return session.close('tooManyRequests');
    }
    session.place = this.#limits.enter(address);
    if (session.place !== undefined) return undefined;
    this.#onRefused(this.isFull ? 'full' : 'address');
    return session.close('connectionLimit');
  }

  /** Whether this user may have one more session. */
  admits(session: Session, user: string): boolean {
    const may = session.place?.takeFor(user) ?? true;
    if (!may) this.#onRefused('user');
    return may;
  }

  leave(session: Session): void {
    session.place?.leave();
  }
}
