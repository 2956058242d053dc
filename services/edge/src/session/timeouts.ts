import { ProtocolError } from '@newswire/protocol';

/** A connection whose heartbeats are checked. Times are in ms, on the clock of Heartbeats. */
export interface Peer {
  readonly lastSeenMs: number;
  lastPingMs: number;
  ping(): void;
  close(kind: 'noPong'): void;
}

export interface HeartbeatOptions {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly now: () => number;
}

/** A sweep visits every peer. This many sweeps spread the pings of one interval. */
const SWEEPS_PER_INTERVAL = 10;

/**
 * Pings every peer once per interval, and closes the peers that stay silent for `pingTimeoutMs`
 * after a ping. uWebSockets.js can ping by itself too, but allows at most 16 s for the pong.
 */
export class Heartbeats {
  readonly #options: HeartbeatOptions;
  readonly #peers: Iterable<Peer>;
  readonly #timer: NodeJS.Timeout;

  constructor(peers: Iterable<Peer>, options: HeartbeatOptions) {
    this.#peers = peers;
    this.#options = options;
    const periodMs = options.pingIntervalMs / SWEEPS_PER_INTERVAL;
    this.#timer = setInterval(() => this.sweep(), periodMs).unref();
  }

  sweep(): void {
    const { pingIntervalMs, pingTimeoutMs, now } = this.#options;
    const nowMs = now();
    for (const peer of this.#peers) {
      if (nowMs - peer.lastSeenMs >= pingIntervalMs + pingTimeoutMs) peer.close('noPong');
      else if (nowMs - peer.lastPingMs >= pingIntervalMs) {
        peer.lastPingMs = nowMs;
        peer.ping();
      }
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Credentials or a grant that may end at a time unless they are refreshed. */
export interface Expiring {
  /** In ms since 1970. */
  readonly expiresAtMs?: number;
}

interface Deadline {
  readonly dueMs: number;
  readonly act: () => void;
}

export interface ExpiryOptions {
  /** How late a client may be with a refresh, in ms. */
  readonly graceMs: number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/**
 * Ends sessions and subscriptions in time: checks, reports and watches when credentials and grants
 * expire. Each key, such as a session, has at most one deadline.
 */
export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #deadlines = new Map<object, Deadline>();

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Throws error 110 if the time is over already. */
  check({ expiresAtMs }: Expiring): void {
    if (expiresAtMs === undefined || expiresAtMs > this.#options.wallNow()) return;
    throw new ProtocolError('expired');
  }

  /** Whole seconds until the end, at least one; undefined if it does not end. */
  getTtlS({ expiresAtMs }: Expiring): number | undefined {
    if (expiresAtMs === undefined) return undefined;
    return Math.max(1, Math.ceil((expiresAtMs - this.#options.wallNow()) / 1000));
  }

  /** Whether the time and the grace are over. */
  isOver({ expiresAtMs = Infinity }: Expiring): boolean {
    return expiresAtMs + this.#options.graceMs <= this.#options.wallNow();
  }

  /**
   * Calls `act` once the key's time and the grace are over. Replaces the key's deadline; if nothing
   * ends, clears it.
   */
  watch(
    key: object,
    { expiresAtMs }: Expiring,
    act: () => void,
    graceMs = this.#options.graceMs,
  ): void {
    if (expiresAtMs === undefined) this.forget(key);
    else this.#deadlines.set(key, { dueMs: expiresAtMs + graceMs, act });
  }

  /** Calls `act` after a delay. Replaces the key's deadline. */
  schedule(key: object, delayMs: number, act: () => void): void {
    this.#deadlines.set(key, { dueMs: this.#options.wallNow() + delayMs, act });
  }

  forget(key: object): void {
    this.#deadlines.delete(key);
  }

  /** Acts on all deadlines that are due. Called a few times a second. */
  sweep(): void {
    const nowMs = this.#options.wallNow();
    for (const [key, { dueMs, act }] of this.#deadlines) {
      if (dueMs > nowMs) continue;
      this.#deadlines.delete(key);
      act();
    }
  }
}
