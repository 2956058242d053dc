import { performance } from 'node:perf_hooks';
import { TickBatch } from '@newswire/runtime';
import { StreamTopics, type TopicMember } from './stream-topics.js';

/** By default, a connection that takes none of its pending bytes for this time is closed. */
export const STALL_MS = 10_000;

/** The part of an HTTP connection that its server's streams need. */
export interface StreamWriter extends TopicMember {
  /** Writes pending bytes, as far as the socket takes them. */
  flush(): void;
  /** Closes the connection and drops its pending bytes. */
  abandon(): void;
}

/** How many times per stall time the server looks for stalled connections. */
const LOOKS_PER_STALL = 10;

/**
 * Shared by a server's HTTP connections: topics, deferred writes, and closing of stalled
 * connections.
 */
export class Streams {
  readonly topics = new StreamTopics<StreamWriter>();
  readonly #stallMs: number;
  readonly #watch: NodeJS.Timeout;
  readonly #stuck = new Map<StreamWriter, number>();
  readonly #dirty = new TickBatch<StreamWriter>((connections) => {
    for (const connection of connections) connection.flush();
  });

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
    this.#watch = setInterval(() => this.#closeStalled(), stallMs / LOOKS_PER_STALL).unref();
  }

  /**
   * Makes the connection write once this turn of the event loop is over, when all its frames are
   * there. Inside the handler of another socket, each piece would be a separate system call.
   */
  schedule(connection: StreamWriter): void {
    this.#dirty.add(connection);
  }

  /** The connection's socket takes no more bytes for now. */
  handleStuck(connection: StreamWriter): void {
    this.#stuck.set(connection, performance.now());
  }

  /** The connection's socket takes bytes again, or is closed. */
  handleMoved(connection: StreamWriter): void {
    this.#stuck.delete(connection);
  }

  close(): void {
    clearInterval(this.#watch);
  }

  #closeStalled(): void {
    const nowMs = performance.now();
    for (const [connection, sinceMs] of this.#stuck) {
      if (nowMs - sinceMs >= this.#stallMs) connection.abandon();
    }
  }
}
