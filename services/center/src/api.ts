import type { Broker, Control } from '@newswire/broker';
import { checkChannelName, ProtocolError, toJsonLine, type Position } from '@newswire/protocol';
import { z } from 'zod';
import { checkDataSize } from './data-size.js';
import { rawMember } from './raw-member.js';

export interface ApiParts {
  readonly broker: Broker;
  readonly control: Control;
  /** The largest publication, in UTF-8 bytes of its data's JSON text. */
  readonly maxDataBytes: number;
}

/** One method: a request body, parsed and as text, to its result. Rejects with ProtocolError. */
export type ApiMethod = (params: unknown, body: string) => Promise<unknown>;

const PublishParams = z.strictObject({
  channel: z.string(),
  data: z.unknown(),
  idempotency_key: z.string().min(1).max(256).optional(),
});

const ChannelsParams = z.strictObject({});

/** The server API's methods by name, as far as newswire has them. */
export function createApi({ broker, control, maxDataBytes }: ApiParts): Map<string, ApiMethod> {
  function publish(params: unknown, body: string): Promise<Position> {
    const { channel, data, idempotency_key: idempotencyKey } = checked(PublishParams, params);
    checkChannelName(channel);
    const line = typeof data === 'string' ? toJsonLine(data) : rawMember(body, 'data');
    if (line === undefined) throw new ProtocolError('badRequest', 'data is missing');
    checkDataSize(line, maxDataBytes);
    return broker.publish(channel, line, idempotencyKey === undefined ? {} : { idempotencyKey });
  }

  async function channels(params: unknown): Promise<unknown> {
    checked(ChannelsParams, params);
    const counts = new Map<string, number>();
    for (const reply of await control.request({ method: 'channels' })) {
      for (const [name, count] of Object.entries(reply.channels)) {
        counts.set(name, (counts.get(name) ?? 0) + count);
      }
    }
    const entries = [...counts].map(([name, count]) => [name, { num_clients: count }] as const);
    return { channels: Object.fromEntries(entries) };
  }

  return new Map<string, ApiMethod>([
    ['publish', publish],
    ['channels', channels],
  ]);
}

/** The parameters in their type. Throws 107 with one sentence on the first thing that is wrong. */
function checked<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ProtocolError('badRequest', issue === undefined ? 'wrong fields' : sentenceOf(issue));
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const field = issue.path.join('.') || 'the body';
  if (issue.code === 'unrecognized_keys') return `there is no field ${issue.keys.join(', ')}`;
  if (issue.code !== 'invalid_type') return `${field}: ${issue.message}`;
  if (issue.message.endsWith('received undefined')) return `${field} is missing`;
  return `${field} must be ${issue.expected === 'object' ? 'an object' : `a ${issue.expected}`}`;
}
