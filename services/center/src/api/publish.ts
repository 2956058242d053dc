import { createHash } from 'node:crypto';
import type { PublishOptions } from '@newswire/broker';
import { BASE64_MARK, ProtocolError, toJsonLine, type Position } from '@newswire/protocol';
import type { z } from 'zod';
import { answerRequest, JsonText } from './json-text.js';
import type { ApiMethod, ApiParts } from './api-method.js';
import { checkChannel, checkParams } from './check-params.js';
import { parsePublicationData, type PublicationData } from './data.js';
import { BROADCAST, PUBLISH } from './shapes/publishing.js';

type Params = Omit<z.infer<typeof PUBLISH.params>, 'channel'>;

/** The methods `publish` and `broadcast`. */
export function createPublishing(parts: ApiParts): Record<'publish' | 'broadcast', ApiMethod> {
  const { broker, maxDataBytes, onItemError } = parts;

  function publish(params: unknown, text: string): Promise<Position> {
    const fields = checkParams(PUBLISH, params);
    checkChannel(fields.channel, parts);
    const data = parsePublishData(fields, text, maxDataBytes);
    return broker.publish(fields.channel, data.line, parsePublishOptions(fields, data));
  }

  async function broadcast(params: unknown, text: string): Promise<JsonText> {
    const { channels, ...fields } = checkParams(BROADCAST, params);
    const data = parsePublishData(fields, text, maxDataBytes);
    const options = parsePublishOptions(fields, data);
    const publishTo = async (channel: string) => {
      checkChannel(channel, parts);
      return broker.publish(channel, data.line, options);
    };
    const onError = (code: number) => onItemError('broadcast', code);
    const responses = await Promise.all(
      channels.map((channel) => answerRequest('result', publishTo(channel), onError)),
    );
    return new JsonText(`{"responses":[${responses.join()}]}`);
  }

  return { publish, broadcast };
}

function parsePublishData(
  { data, b64data }: Params,
  text: string,
  maxDataBytes: number,
): PublicationData {
  const field = { name: 'data', value: data, b64Name: 'b64data', base64: b64data };
  const parsed = parsePublicationData(field, text, maxDataBytes);
  if (parsed === undefined) throw new ProtocolError('badRequest', 'data is missing');
  return parsed;
}

const NO_OPTIONS: PublishOptions = {};

/** A longer key is stored as its digest, which bounds the memory of each key. */
const MAX_KEY_LENGTH = 64;

function remembered(key: string): string {
  if (key.length <= MAX_KEY_LENGTH) return key;
  return createHash('sha256').update(key).digest('base64url');
}

function parsePublishOptions(params: Params, { isBase64 }: PublicationData): PublishOptions {
  const { idempotency_key, tags, skip_history, version, version_epoch } = params;
  if (!idempotency_key && !tags && !skip_history && !version && !isBase64) return NO_OPTIONS;
  const named = Object.entries(tags ?? {}).filter(([, tag]) => tag !== null);
  const members = [
    ...(isBase64 ? [BASE64_MARK] : []),
    ...(named.length > 0 ? [`"tags":${toJsonLine(Object.fromEntries(named))}`] : []),
  ];
  return {
    ...(idempotency_key ? { idempotencyKey: remembered(idempotency_key) } : {}),
    ...(members.length > 0 ? { extra: members.join() } : {}),
    ...(skip_history ? { isTransient: true } : {}),
    ...(version ? { version: { number: version, epoch: version_epoch ?? '' } } : {}),
  };
}
