/** Whoever must show signs of life. Times are in ms, on the clock that Heartbeats is given. */
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

/** A sweep looks at every peer: so many sweeps spread one interval's pings. */
const SWEEPS_PER_INTERVAL = 10;

/**
 * Pings every peer once an interval, and closes the ones that stay silent for `pingTimeoutMs`
 * after a ping. uWebSockets.js pings by itself too, but allows 16 s at most for the answer.
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
