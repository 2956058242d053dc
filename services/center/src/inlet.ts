import type { Broker } from '@newswire/broker';
import { checkChannelName, ProtocolError, toJsonLine } from '@newswire/protocol';
import type { Counter, Logger } from '@newswire/runtime';
import { checkDataSize } from './api/data-size.js';

export interface InletParts {
  readonly broker: Broker;
  readonly maxDataBytes: number;
  readonly logger: Logger;
  /**
   * Counts items that could not be published. The inlet cannot answer a publisher, so only this
   * shows them.
   */
  readonly dropped: Counter;
}

/** Limits of what waits for Redis' answers. Items past them are dropped, logged and counted. */
const MAX_WAITING = 10_000;

/**
 * Publishes items that arrive as plain `PUBLISH news:<channel> <text>`, in order, always as
 * strings.
 */
export class Inlet {
  readonly #parts: InletParts;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(parts: InletParts) {
    this.#parts = parts;
  }

  handle(channel: string, text: string): void {
    if (this.#waiting >= MAX_WAITING) {
      return this.#drop(
        channel,
        new ProtocolError('internal', 'too many publications wait for Redis'),
      );
    }
    this.#waiting++;
    this.#last = this.#last.then(() => this.#publish(channel, text));
  }

  /** Resolves when all items received so far are published or dropped. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #publish(channel: string, text: string): Promise<void> {
    this.#waiting--;
    try {
      checkChannelName(channel);
      const data = toJsonLine(text);
      checkDataSize(data, this.#parts.maxDataBytes);
      await this.#parts.broker.publish(channel, data);
    } catch (error) {
      this.#drop(channel, error);
    }
  }

  #drop(channel: string, error: unknown): void {
    const { logger, dropped } = this.#parts;
    dropped.inc();
    logger.error(
      `a message to the inlet for ${JSON.stringify(channel.slice(0, 64))} is lost: ${String(error)}`,
    );
  }
}
