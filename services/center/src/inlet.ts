import { checkChannelName, ProtocolError, toJsonLine } from '@newswire/protocol';
import type { Broker } from '@newswire/broker';
import type { Counter, Logger } from '@newswire/runtime';

export interface InletParts {
  readonly broker: Broker;
  readonly maxDataBytes: number;
  readonly logger: Logger;
  /** Counts what could not be published: the publisher can't be answered, so it must show here. */
  readonly dropped: Counter;
}

/**
 * Publishes what arrives as plain `PUBLISH news:<channel> <text>`, one after another, always as a
 * string. What can't be published is logged and counted.
 */
export function createInlet({ broker, maxDataBytes, logger, dropped }: InletParts) {
  let last: Promise<void> = Promise.resolve();

  async function publish(channel: string, text: string): Promise<void> {
    try {
      checkChannelName(channel);
      const data = toJsonLine(text);
      if (Buffer.byteLength(data) > maxDataBytes) {
        throw new ProtocolError('limitExceeded', `more than ${maxDataBytes} bytes`);
      }
      await broker.publish(channel, data);
    } catch (error) {
      dropped.inc();
      logger.error(`news for ${JSON.stringify(channel.slice(0, 64))} is lost: ${String(error)}`);
    }
  }

  return (channel: string, text: string): void => {
    last = last.then(() => publish(channel, text));
  };
}
