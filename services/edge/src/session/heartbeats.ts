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
