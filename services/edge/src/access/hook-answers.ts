import { rawMember, toJsonLine, type JsonLine } from '@newswire/protocol';
import { z } from 'zod';
import { AccessClosedError, HookRefusal, type Credentials, type SubscribeGrant } from './access.js';
import {
  CREDENTIALS_MEMBERS,
  defined,
  expiryMs,
  GRANT_MEMBERS,
  grantOf,
  isJsonBase64,
  jsonLine,
  subsOf,
} from './grants.js';

/** WebSocket's limit for a close reason, in bytes. */
const MAX_REASON_BYTES = 123;

const HookError = z.object({
  code: z.int().min(100).max(4999),
  message: z.string().max(1000).default(''),
  temporary: z.boolean().optional(),
});

const Disconnect = z.object({
  code: z.int().min(3000).max(4999),
  reason: z
    .string()
    .default('')
    .refine((reason) => Buffer.byteLength(reason) <= MAX_REASON_BYTES),
});

const DATA_MEMBERS = {
  data: z.unknown().optional(),
  b64data: z.string().refine(isJsonBase64).optional(),
};

const ConnectResult = z.object({
  user: z.string().default(''),
  ...DATA_MEMBERS,
  ...CREDENTIALS_MEMBERS,
});

const SubscribeResult = z.object(GRANT_MEMBERS);

const RpcResult = z.object(DATA_MEMBERS);

/**
 * What the hook says, or why not: a HookRefusal or AccessClosedError to throw. Throws where the
 * answer is neither a result, nor an error, nor a disconnect.
 */
export type HookAnswer<T> = T | HookRefusal | AccessClosedError;

export function readConnectAnswer(answer: unknown): HookAnswer<Credentials> {
  return read(answer, ConnectResult, (result) => ({
    user: result.user,
    subs: subsOf(result),
    ...defined({
      info: jsonLine(result.info, result.b64info),
      data: jsonLine(result.data, result.b64data),
      meta: jsonLine(result.meta, undefined),
      expiresAtMs: expiryMs(result.expire_at),
    }),
  }));
}

export function readSubscribeAnswer(answer: unknown): HookAnswer<SubscribeGrant> {
  return read(answer, SubscribeResult, grantOf);
}

/** The result's data as `text` has it, so that no digit of a number is lost; null without. */
export function readRpcAnswer(answer: unknown, text: string): HookAnswer<JsonLine> {
  return read(answer, RpcResult, ({ data, b64data }) => {
    if (b64data !== undefined && b64data !== '') return jsonLine(undefined, b64data) ?? 'null';
    if (typeof data === 'string') return toJsonLine(data);
    return rawMember(rawMember(text, 'result') ?? '{}', 'data') ?? 'null';
  });
}

function read<R, T>(answer: unknown, result: z.ZodType<R>, use: (result: R) => T): HookAnswer<T> {
  const schema = z.object({
    result: result.nullish(),
    error: HookError.nullish(),
    disconnect: Disconnect.nullish(),
  });
  const parsed = schema.safeParse(answer);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') || 'the whole';
    throw new Error(`its answer is not as it must be: ${path}`);
  }
  const { disconnect, error, result: found } = parsed.data;
  if (disconnect) return new AccessClosedError(disconnect);
  if (error) return new HookRefusal(error);
  if (found === undefined || found === null) throw new Error('its answer has no result');
  return use(found);
}
