import { type Broker, FaultLog } from '@newswire/broker';
import { checkChannelName, ProtocolError, toJsonLine } from '@newswire/protocol';
import { type Counter, type Logger, retryUntilDone } from '@newswire/runtime';
import { openRedisInlet, type RedisParts } from '@newswire/broker-redis';
import { checkDataSize } from './api/data.js';

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

/** The inlet's part of center's readiness. */
export interface InletState {
  /**
   * Why center is not ready. Also undefined if Redis refuses the inlet, because everything else
   * works.
   */
  readonly fault: string | undefined;
}

/** Opens the inlet and retries until it is open. A refusal is logged immediately and every 30 s. */
export function openInlet(link: RedisParts['link'], inlet: Inlet, logger: Logger): InletState {
  const faultLog = new FaultLog(logger);
  let isSettled = false;
  const onFailure = (error: unknown) => {
    // The link logs by itself that Redis is away.
    if (link.fault !== undefined) return;
    isSettled = true;
    const { message } = error as Error;
    faultLog.warn(`the inlet is closed and messages to its topics are lost: ${message}`);
  };
  void retryUntilDone(
    async () => {
      await openRedisInlet(link, (channel, text) => inlet.handle(channel, text));
      isSettled = true;
      faultLog.info('the inlet is open');
    },
    () => true,
    { onFailure },
  );
  return {
    get fault() {
      return isSettled ? undefined : 'the inlet is not open yet';
    },
  };
}
