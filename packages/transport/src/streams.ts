import { performance } from 'node:perf_hooks';
import type { StreamConnection } from './stream-connection-uws.js';
import { StreamTopics } from './stream-topics.js';

/** How long a connection may take nothing of what waits for it before it is closed, by default. */
export const STALL_MS = 10_000;

/** How often stalled connections are looked for, of the time they have. */
const LOOKS_PER_STALL = 10;

/** What a server's HTTP connections share: topics, the loop that writes, and the watch for stalls. */
export class Streams {
  readonly topics = new StreamTopics<StreamConnection>();
  readonly #stallMs: number;
  readonly #watch: NodeJS.Timeout;
  readonly #stuck = new Map<StreamConnection, number>();
  #dirty = new Set<StreamConnection>();

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
    this.#watch = setInterval(() => this.#closeStalled(), stallMs / LOOKS_PER_STALL).unref();
  }

  /**
   * Has the connection write at the end of this turn, when all is together that it has to: inside
   * the handler of another socket each piece would be a system call of its own.
   */
  schedule(connection: StreamConnection): void {
    if (this.#dirty.size === 0) setImmediate(() => this.#flush());
    this.#dirty.add(connection);
  }

  /** The connection's socket takes nothing more for now. */
  handleStuck(connection: StreamConnection): void {
    this.#stuck.set(connection, performance.now());
  }

  /** It takes more, or is gone. */
  handleMoved(connection: StreamConnection): void {
    this.#stuck.delete(connection);
  }

  close(): void {
    clearInterval(this.#watch);
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const connection of dirty) connection.flush();
  }

  #closeStalled(): void {
    const nowMs = performance.now();
    for (const [connection, sinceMs] of this.#stuck) {
      if (nowMs - sinceMs >= this.#stallMs) connection.abandon();
    }
  }
}
