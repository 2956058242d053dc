import { ProtocolError } from '@newswire/protocol';
import type { Deadlines } from './deadlines.js';

/** Whatever may end at a time unless it is refreshed. */
interface Expiring {
  /** In ms since 1970. */
  readonly expiresAtMs?: number;
}

export interface ExpiryOptions {
  readonly deadlines: Deadlines;
  /** For how long a client may be late with a refresh, in ms. */
  readonly graceMs: number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/** When credentials and grants end, and what is told of it. */
export class Expiry {
  readonly #options: ExpiryOptions;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Throws error 110 for what has ended before it began. */
  check({ expiresAtMs }: Expiring): void {
    if (expiresAtMs === undefined || expiresAtMs > this.#options.wallNow()) return;
    throw new ProtocolError('expired');
  }

  /** Whole seconds, at least one; undefined: it does not end. */
  ttlS({ expiresAtMs }: Expiring): number | undefined {
    if (expiresAtMs === undefined) return undefined;
    return Math.max(1, Math.ceil((expiresAtMs - this.#options.wallNow()) / 1000));
  }

  /** From now on `end` is called once the key's time is over, the grace included; or no more. */
  watch(key: object, { expiresAtMs }: Expiring, end: () => void): void {
    const { deadlines, graceMs } = this.#options;
    if (expiresAtMs === undefined) deadlines.clear(key);
    else deadlines.set(key, expiresAtMs + graceMs, end);
  }

  forget(key: object): void {
    this.#options.deadlines.clear(key);
  }
}
