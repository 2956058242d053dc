import { newEpoch } from '../broker.js';
import type { EventOperation, EventWriter } from './events.js';

export interface EventReporterOptions {
  readonly writer: EventWriter;
  /** The duration of the edge's lease in the store, in ms. It is renewed three times as often. */
  readonly leaseMs: number;
  /** The most changes that wait while the store is away. Default: 100,000. */
  readonly maxBuffered?: number;
  /** How long after a failure the batch is written again, in ms. Default: 1000. */
  readonly retryMs?: number;
  /**
   * Client events were dropped. `buffer`: the store is away and too many changes wait; `queue`: the
   * queue in the store is full.
   */
  readonly onDropped: (count: number, reason: 'buffer' | 'queue') => void;
  /** A batch could not be written. It is written again. */
  readonly onFailure: (error: unknown) => void;
  /** Runs a function once the current turn of the event loop is over. */
  readonly defer?: (act: () => void) => void;
}

const MAX_BUFFERED = 100_000;
const RETRY_MS = 1000;

/** A call of the script blocks Redis for all other commands, so it must be short. */
const MAX_BATCH = 256;

/** How long `close` waits for the store, in ms. */
const CLOSE_LIMIT_MS = 2000;

/**
 * Reports an edge's changes to the store: those of a tick together, one batch after another. While
 * the store is away they wait. Beyond the limit, client events are dropped; of channels, the store
 * gets the latest state.
 */
export class EventReporter {
  readonly #options: EventReporterOptions;
  #edge = newEpoch();
  #number = 0;
  #operations: EventOperation[] = [];
  /** The occupied channels with their queues: on this edge, and in the store. */
  readonly #current = new Map<string, string>();
  readonly #written = new Map<string, string>();
  /** Changes of channels did not fit into the buffer. */
  #isIncomplete = false;
  #sending: Promise<void> | undefined;
  #isClosed = false;
  #wake: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(options: EventReporterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#renew(), options.leaseMs / 3).unref();
  }

  /** The channel has its first subscriber on this edge. */
  occupy(channel: string, queue: string): void {
    this.#current.set(channel, queue);
    this.#add(['+', channel, queue]);
  }

  /** The channel has no subscriber on this edge any more. */
  vacate(channel: string): void {
    if (this.#current.delete(channel)) this.#add(['-', channel, '']);
  }

  /** Appends an event of a client, the JSON text of an object, to the queue. */
  append(queue: string, text: string): void {
    this.#add(['e', text, queue]);
  }

  /** All channels count as left. Waits a short time until everything is written. */
  async close(): Promise<void> {
    for (const channel of this.#current.keys()) this.vacate(channel);
    this.#isClosed = true;
    clearInterval(this.#timer);
    let timeout: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => (timeout = setTimeout(resolve, CLOSE_LIMIT_MS)));
    await Promise.race([this.#sending, limit]);
    clearTimeout(timeout);
    const lost = this.#operations.filter(([sign]) => sign === 'e').length;
    this.#operations = [];
    this.#wake?.();
    if (lost > 0) this.#options.onDropped(lost, 'buffer');
  }

  #add(operation: EventOperation): void {
    const { maxBuffered = MAX_BUFFERED, onDropped } = this.#options;
    if (this.#operations.length >= maxBuffered) {
      if (operation[0] === 'e') onDropped(1, 'buffer');
      else this.#isIncomplete = true;
      return;
    }
    this.#operations.push(operation);
    this.#start();
  }

  #start(): void {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
  }

  async #sendAll(): Promise<void> {
    const { defer = setImmediate } = this.#options;
    await new Promise<void>((resolve) => defer(resolve));
    while (this.#operations.length > 0) {
      const batch = this.#operations.slice(0, MAX_BATCH);
      this.#number++;
      if (!(await this.#write(batch))) return;
      if (this.#operations.length === 0 && this.#isIncomplete) this.#complete();
    }
  }

  /** Writes the batch until the store has it. Returns false if the reporter was closed meanwhile. */
  async #write(batch: readonly EventOperation[]): Promise<boolean> {
    const { writer, onDropped, onFailure } = this.#options;
    for (;;) {
      const isFirst = this.#written.size === 0;
      const written = { edge: this.#edge, number: this.#number, isFirst, operations: batch };
      try {
        const answer = await writer.write(written);
        if (typeof answer === 'string') this.#reportAgain(answer === 'lost');
        else {
          this.#settle(batch);
          if (answer > 0) onDropped(answer, 'queue');
        }
        return true;
      } catch (error) {
        onFailure(error);
        await this.#wait();
        if (this.#isClosed) return false;
      }
    }
  }

  #settle(batch: readonly EventOperation[]): void {
    this.#operations.splice(0, batch.length);
    for (const [sign, channel, queue] of batch) {
      if (sign === '-') this.#written.delete(channel);
      else if (sign !== 'e') this.#written.set(channel, queue);
    }
  }

  /**
   * The store has nothing of this edge: under a new name, it gets the channels that it had. If it lost
   * them, it must not announce them again.
   */
  #reportAgain(wasLost: boolean): void {
    const sign = wasLost ? '=' : '+';
    const again = [...this.#written].map(([channel, queue]) => [sign, channel, queue] as const);
    this.#operations = [...again, ...this.#operations];
    this.#written.clear();
    this.#edge = newEpoch();
    this.#number = 0;
  }

  /** Reports the channels whose last changes did not fit into the buffer. */
  #complete(): void {
    this.#isIncomplete = false;
    for (const channel of this.#written.keys()) {
      if (!this.#current.has(channel)) this.#operations.push(['-', channel, '']);
    }
    for (const [channel, queue] of this.#current) {
      if (!this.#written.has(channel)) this.#operations.push(['+', channel, queue]);
    }
  }

  #renew(): void {
    if (this.#written.size === 0 || this.#sending !== undefined) return;
    this.#sending = this.#renewOnce().finally(() => {
      this.#sending = undefined;
      if (this.#operations.length > 0) this.#start();
    });
  }

  async #renewOnce(): Promise<void> {
    const { writer, onFailure } = this.#options;
    const batch = { edge: this.#edge, number: this.#number, isFirst: false, operations: [] };
    try {
      const answer = await writer.write(batch);
      if (typeof answer === 'string') this.#reportAgain(answer === 'lost');
    } catch (error) {
      onFailure(error);
    }
  }

  #wait(): Promise<void> {
    const { retryMs = RETRY_MS } = this.#options;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, retryMs).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
