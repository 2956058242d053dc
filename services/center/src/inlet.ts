import type { Broker } from '@newswire/broker';
import { checkChannelName, ProtocolError, toJsonLine } from '@newswire/protocol';
import type { Counter, Logger } from '@newswire/runtime';
import { checkDataSize } from './api/data-size.js';

export interface InletParts {
  readonly broker: Broker;
  readonly maxDataBytes: number;
  readonly logger: Logger;
  /** Counts what could not be published: the publisher can't be answered, so it must show here. */
  readonly dropped: Counter;
}

/** What may wait while Redis answers: past that, news is dropped, logged and counted. */
const MAX_WAITING = 10_000;

/** Publishes what arrives as plain `PUBLISH news:<channel> <text>`, in order, always as a string. */
export class Inlet {
  readonly #parts: InletParts;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(parts: InletParts) {
    this.#parts = parts;
  }

  handle(channel: string, text: string): void {
    if (this.#waiting >= MAX_WAITING) {
      return this.#drop(channel, new ProtocolError('internal', 'too much is waiting for Redis'));
    }
    this.#waiting++;
    this.#last = this.#last.then(() => this.#publish(channel, text));
  }

  /** Resolves when everything taken in so far is published or dropped. */
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
    logger.error(`news for ${JSON.stringify(channel.slice(0, 64))} is lost: ${String(error)}`);
  }
}
