import { addressKey } from '../access/address-key.js';
import { ConnectionLimits } from '../access/connection-limits.js';
import { RateLimits } from '../access/rate-limits.js';
import type { Session } from './session.js';

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
