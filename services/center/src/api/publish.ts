import { createHash } from 'node:crypto';
import type { PublishOptions } from '@newswire/broker';
import { ProtocolError, toJsonLine, type JsonLine, type Position } from '@newswire/protocol';
import type { z } from 'zod';
import { answerRequest, JsonText } from './json-text.js';
import type { ApiMethod, ApiParts } from './api-method.js';
import { checkChannel, checkParams } from './check-params.js';
import { parseData } from './data.js';
import { BROADCAST, PUBLISH } from './shapes/publishing.js';

type Params = Omit<z.infer<typeof PUBLISH.params>, 'channel'>;

/** The methods `publish` and `broadcast`. */
export function createPublishing(parts: ApiParts): Record<'publish' | 'broadcast', ApiMethod> {
  const { broker, maxDataBytes, onItemError } = parts;

  function publish(params: unknown, text: string): Promise<Position> {
    const fields = checkParams(PUBLISH, params);
    checkChannel(fields.channel, parts);
    return broker.publish(
      fields.channel,
      parsePublishData(fields, text, maxDataBytes),
      parsePublishOptions(fields),
    );
  }

  async function broadcast(params: unknown, text: string): Promise<JsonText> {
    const { channels, ...fields } = checkParams(BROADCAST, params);
    const line = parsePublishData(fields, text, maxDataBytes);
    const options = parsePublishOptions(fields);
    const publishTo = async (channel: string) => {
      checkChannel(channel, parts);
      return broker.publish(channel, line, options);
    };
    const onError = (code: number) => onItemError('broadcast', code);
    const responses = await Promise.all(
      channels.map((channel) => answerRequest('result', publishTo(channel), onError)),
    );
    return new JsonText(`{"responses":[${responses.join()}]}`);
  }

  return { publish, broadcast };
}

function parsePublishData({ data, b64data }: Params, text: string, maxDataBytes: number): JsonLine {
  const field = { name: 'data', value: data, b64Name: 'b64data', base64: b64data };
  const line = parseData(field, text, maxDataBytes);
  if (line === undefined) throw new ProtocolError('badRequest', 'data is missing');
  return line;
}

const NO_OPTIONS: PublishOptions = {};

/** A longer key is stored as its digest, which bounds the memory of each key. */
const MAX_KEY_LENGTH = 64;

function remembered(key: string): string {
  if (key.length <= MAX_KEY_LENGTH) return key;
  return createHash('sha256').update(key).digest('base64url');
}

function parsePublishOptions(params: Params): PublishOptions {
  const { idempotency_key, tags, skip_history, version, version_epoch } = params;
  if (!idempotency_key && !tags && !skip_history && !version) return NO_OPTIONS;
  const named = Object.entries(tags ?? {}).filter(([, tag]) => tag !== null);
  return {
    ...(idempotency_key ? { idempotencyKey: remembered(idempotency_key) } : {}),
    ...(named.length > 0 ? { extra: `"tags":${toJsonLine(Object.fromEntries(named))}` } : {}),
    ...(skip_history ? { isTransient: true } : {}),
    ...(version ? { version: { number: version, epoch: version_epoch ?? '' } } : {}),
  };
}
