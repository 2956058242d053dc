import { checkChannelOrWildcard, ProtocolError, UNSUBSCRIBES } from '@newswire/protocol';
import { z } from 'zod';
import type { ControlReply, ControlRequest } from './control.js';

const jsonLine = z.string().refine(isJsonLine, 'not one line of JSON');
const channel = z.string().refine(isChannel, 'no channel name');
const position = z.object({ offset: z.int().nonnegative(), epoch: z.string() });
const filter = { user: z.string().exactOptional(), client: z.string().exactOptional() };
const kinds = Object.keys(UNSUBSCRIBES) as (keyof typeof UNSUBSCRIBES)[];

/** What a later version says besides is left out. */
const requestSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('channels') }),
  z.object({ method: z.literal('info') }),
  z.object({
    method: z.literal('disconnect'),
    code: z.int().min(1000).max(4999),
    reason: z.string(),
    ...filter,
  }),
  z.object({
    method: z.literal('unsubscribe'),
    channel: z.string(),
    kind: z.enum(kinds).exactOptional(),
    ...filter,
  }),
  z.object({
    method: z.literal('subscribe'),
    channel,
    info: jsonLine.exactOptional(),
    data: jsonLine.exactOptional(),
    since: position.exactOptional(),
    expiresAtMs: z.number().exactOptional(),
    ...filter,
  }),
  z.object({
    method: z.literal('refresh'),
    expired: z.boolean(),
    expiresAtMs: z.number().exactOptional(),
    info: jsonLine.exactOptional(),
    ...filter,
  }),
  z.object({ method: z.literal('emulate'), session: z.string(), data: z.string() }),
]);

/** Counts can be a hundred thousand: they are looked at, not copied. */
const counts = z.custom<Readonly<Record<string, number>>>(isCounts);
const replySchema = z.object({
  channels: counts.exactOptional(),
  info: z
    .object({
      uid: z.string(),
      name: z.string(),
      version: z.string(),
      clients: z.number(),
      users: z.number(),
      subs: z.number(),
      channels: z.number(),
      uptime: z.number(),
    })
    .exactOptional(),
  count: z.number().exactOptional(),
});

/** A request as it came over a wire. Throws error 107 where it is none. */
export function parseRequest(text: string): ControlRequest {
  const { data, success } = requestSchema.safeParse(parseJson(text));
  if (success) return data;
  throw new ProtocolError('badRequest', 'an edge was asked what it does not understand');
}

/** A reply as it came over a wire. Throws error 100 where it is none. */
export function parseReply(text: string): ControlReply {
  const { data, success } = replySchema.safeParse(parseJson(text));
  if (success) return data;
  throw new ProtocolError('internal', 'an edge answered what nobody understands');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** It goes into frames as it is: anything else would break them for all who are told. */
function isJsonLine(text: string): boolean {
  return !/[\r\n]/.test(text) && parseJson(text) !== undefined;
}

/** It becomes part of topics and lines. */
function isChannel(name: string): boolean {
  try {
    checkChannelOrWildcard(name);
    return true;
  } catch {
    return false;
  }
}

function isCounts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((count) => typeof count === 'number');
}
