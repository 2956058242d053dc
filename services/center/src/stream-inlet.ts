import { FaultLog, type Broker, type PublishOptions } from '@newswire/broker';
import { RedisStreamInlet, type InletEntry, type RedisParts } from '@newswire/broker-redis';
import { ProtocolError, toJsonLine, toOneLine, type JsonLine } from '@newswire/protocol';
import type { Counter, Logger } from '@newswire/runtime';
import { checkChannel } from './api/check-params.js';
import type { ApiParts } from './api/api-method.js';
import { checkDataSize } from './api/data.js';
import { isTags, MAX_TAGS, MAX_TAGS_BYTES } from './api/shapes/publishing.js';

export interface StreamInletParts extends Pick<ApiParts, 'getOptions' | 'maxDataBytes'> {
  readonly broker: Pick<Broker, 'publish'>;
  readonly logger: Logger;
  /** Counts entries that can never be published. */
  readonly dropped: Counter;
  readonly retryDelayMs: (attempt: number) => number;
}

const FIELDS = ['channel', 'data', 'json', 'tags'];

/**
 * Opens the reliable inlet: publishes the entries of the stream `news-inlet`, each with its id as idempotency key.
 * Entries that can never be published are logged, counted and dropped.
 */
export function openStreamInlet(
  link: RedisParts['link'],
  parts: StreamInletParts,
): RedisStreamInlet {
  const faultLog = new FaultLog(parts.logger);
  return new RedisStreamInlet(link, {
    retryDelayMs: parts.retryDelayMs,
    handle: (entry) => publishEntry(entry, parts),
    onChange: (error) => {
      if (error === undefined) faultLog.info('the inlet stream is open');
      // The link logs by itself that Redis is away.
      else if (link.fault === undefined) {
        faultLog.warn(`the inlet stream is closed, its entries wait: ${error.message}`);
      }
    },
  });
}

/** Rejects if the entry may be published later. */
export async function publishEntry(entry: InletEntry, parts: StreamInletParts): Promise<void> {
  const { broker, logger, dropped } = parts;
  try {
    const { channel, data, options } = parseEntry(entry, parts);
    await broker.publish(channel, data, options);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.temporary) throw error;
    dropped.inc();
    logger.error(`entry ${entry.id} of the inlet stream is dropped: ${error.message}`);
  }
}

interface Parsed {
  readonly channel: string;
  readonly data: JsonLine;
  readonly options: PublishOptions;
}

/** Throws ProtocolError (102, 106, 107) for an entry that can never be published. */
function parseEntry({ id, fields }: InletEntry, parts: StreamInletParts): Parsed {
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    throw new ProtocolError('badRequest', `unknown field ${JSON.stringify(unknown.slice(0, 64))}`);
  }
  const { channel = '', data: text, json, tags } = fields;
  checkChannel(channel, parts);
  if ((text === undefined) === (json === undefined)) {
    throw new ProtocolError('badRequest', 'an entry has either data or json');
  }
  const data = text === undefined ? parseLine('json', json ?? '') : toJsonLine(text);
  checkDataSize(data, parts.maxDataBytes);
  const extra = tags === undefined ? {} : { extra: `"tags":${parseTags(tags)}` };
  return { channel, data, options: { ...extra, idempotencyKey: `news-inlet ${id}` } };
}

function parseTags(text: string): JsonLine {
  const tags: unknown = JSON.parse(parseLine('tags', text));
  if (isTags(tags) && !Object.values(tags).includes(null)) return toJsonLine(tags);
  throw new ProtocolError(
    'badRequest',
    `tags must be an object of up to ${MAX_TAGS} strings, ${MAX_TAGS_BYTES} bytes as JSON`,
  );
}

function parseLine(name: string, text: string): JsonLine {
  try {
    JSON.parse(text);
  } catch {
    throw new ProtocolError('badRequest', `${name} is not JSON`);
  }
  return toOneLine(text);
}
