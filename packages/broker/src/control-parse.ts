import { checkChannelOrWildcard, ProtocolError, UNSUBSCRIBES } from '@newswire/protocol';
import { z } from 'zod';
import type { ControlReply, ControlRequest } from './control.js';

const jsonLine = z.string().refine(isJsonLine, 'not one line of JSON');
const channel = z.string().refine(isChannel, 'no channel name');
const position = z.object({ offset: z.int().nonnegative(), epoch: z.string() });
const filter = { user: z.string().exactOptional(), client: z.string().exactOptional() };
const kinds = Object.keys(UNSUBSCRIBES) as (keyof typeof UNSUBSCRIBES)[];

/** Members that a later version adds are ignored. */
const requestSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('channels') }),
  z.object({ method: z.literal('info') }),
  z.object({ method: z.literal('reloadBlocked') }),
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
  z.object({
    method: z.literal('emulate'),
    session: z.string(),
    data: z.string(),
    isBase64: z.literal(true).exactOptional(),
  }),
]);

/** There can be a hundred thousand counts: they are checked without a copy. */
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

/** Parses a request from another process. Throws error 107 if it is invalid. */
export function parseRequest(text: string): ControlRequest {
  const { data, success } = requestSchema.safeParse(parseJson(text));
  if (success) return data;
  throw new ProtocolError('badRequest', 'an edge received an unknown request');
}

/** Parses a reply from another process. Throws error 100 if it is invalid. */
export function parseReply(text: string): ControlReply {
  const { data, success } = replySchema.safeParse(parseJson(text));
  if (success) return data;
  throw new ProtocolError('internal', 'an edge sent an invalid answer');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The text is inserted into frames unchanged: invalid JSON or a line break would corrupt the frame
 * for all its receivers.
 */
function isJsonLine(text: string): boolean {
  return !/[\r\n]/.test(text) && parseJson(text) !== undefined;
}

/** The name becomes part of topics and lines. */
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
