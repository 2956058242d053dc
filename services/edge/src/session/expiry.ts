import { ProtocolError } from '@newswire/protocol';
import type { Deadlines } from './deadlines.js';

/** Credentials or a grant that may end at a time unless they are refreshed. */
interface Expiring {
  /** In ms since 1970. */
  readonly expiresAtMs?: number;
}

export interface ExpiryOptions {
  readonly deadlines: Deadlines;
  /** How late a client may be with a refresh, in ms. */
  readonly graceMs: number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/** Checks, reports and watches when credentials and grants end. */
export class Expiry {
  readonly #options: ExpiryOptions;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Throws error 110 if the time is over already. */
  check({ expiresAtMs }: Expiring): void {
    if (expiresAtMs === undefined || expiresAtMs > this.#options.wallNow()) return;
    throw new ProtocolError('expired');
  }

  /** Whole seconds until the end, at least one; undefined if it does not end. */
  ttlS({ expiresAtMs }: Expiring): number | undefined {
    if (expiresAtMs === undefined) return undefined;
    return Math.max(1, Math.ceil((expiresAtMs - this.#options.wallNow()) / 1000));
  }

  /**
   * Calls `end` once the key's time and the grace are over. Replaces the key's deadline; if nothing
   * ends, clears it.
   */
  watch(key: object, { expiresAtMs }: Expiring, end: () => void): void {
    const { deadlines, graceMs } = this.#options;
    if (expiresAtMs === undefined) deadlines.clear(key);
    else deadlines.set(key, expiresAtMs + graceMs, end);
  }

  forget(key: object): void {
    this.#options.deadlines.clear(key);
  }
}
