import { ProtocolError } from '@newswire/protocol';

interface Deadline {
  readonly dueMs: number;
  readonly act: () => void;
}

/** Calls a function at a time, unless the deadline is replaced or cleared: one deadline per key. */
export class Deadlines {
  readonly #deadlines = new Map<object, Deadline>();

  /** `dueMs` is on the clock that is passed to `sweep`. Replaces the key's deadline. */
  set(key: object, dueMs: number, act: () => void): void {
    this.#deadlines.set(key, { dueMs, act });
  }

  clear(key: object): void {
    this.#deadlines.delete(key);
  }

  /** Calls the functions that are due. Called a few times a second. */
  sweep(nowMs: number): void {
    for (const [key, { dueMs, act }] of this.#deadlines) {
      if (dueMs > nowMs) continue;
      this.#deadlines.delete(key);
      act();
    }
  }
}

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
