import { MAX_CLOSE_REASON_BYTES, type JsonLine, rawMember, rawMembers } from '@newswire/protocol';
import { z } from 'zod';
import { omitUndefined } from '@newswire/runtime';
import {
  AccessClosedError,
  type AllowedPublication,
  type Credentials,
  HookRefusal,
  type SubscribeGrant,
} from './access.js';
import {
  Base64Json,
  CREDENTIALS_MEMBERS,
  expiryMs,
  GRANT_MEMBERS,
  jsonLine,
  parseGrant,
  parseSubs,
  type Written,
  writtenLine,
} from './grants.js';

const HookError = z.object({
  code: z.int().min(100).max(4999),
  message: z.string().max(1000).nullish(),
  temporary: z.boolean().nullish(),
});

const Disconnect = z.object({
  code: z.int().min(3000).max(4999),
  reason: z
    .string()
    .refine((reason) => Buffer.byteLength(reason) <= MAX_CLOSE_REASON_BYTES)
    .nullish(),
});

const ConnectResult = z.object({
  user: z.string().nullish(),
  b64data: Base64Json,
  ...CREDENTIALS_MEMBERS,
});

const SubscribeResult = z.object(GRANT_MEMBERS);

const RpcResult = z.object({ b64data: Base64Json });

const PublishResult = z.object({ b64data: Base64Json, skip_history: z.boolean().nullish() });

const RefreshResult = z.object({
  expired: z.boolean().nullish(),
  expire_at: z.number().nullish(),
  b64info: Base64Json,
});

/**
 * The hook's result, or a HookRefusal or AccessClosedError to throw. The read functions throw if
 * the answer is neither a result, nor an error, nor a disconnect.
 */
export type HookAnswer<T> = T | HookRefusal | AccessClosedError;

export function readConnectAnswer(answer: unknown, text: string): HookAnswer<Credentials> {
  return read({ answer, text }, ConnectResult, (result, written) => ({
    user: result.user ?? '',
    subs: parseSubs(result, written),
    ...omitUndefined({
      info: jsonLine(written, 'info', result.b64info),
      data: jsonLine(written, 'data', result.b64data),
      meta: writtenLine(written, 'meta'),
      expiresAtMs: expiryMs(result.expire_at),
    }),
  }));
}

export function readSubscribeAnswer(answer: unknown, text: string): HookAnswer<SubscribeGrant> {
  return read({ answer, text }, SubscribeResult, parseGrant);
}

/** Returns the result's data, or `null` if it has none. */
export function readRpcAnswer(answer: unknown, text: string): HookAnswer<JsonLine> {
  return read({ answer, text }, RpcResult, ({ b64data }, written) => {
    return jsonLine(written, 'data', b64data) ?? 'null';
  });
}

/** Without data in the result, the client's data is published. */
export function readPublishAnswer(sent: Pick<AllowedPublication, 'data' | 'isBase64'>) {
  return (answer: unknown, text: string): HookAnswer<AllowedPublication> =>
    read({ answer, text }, PublishResult, ({ b64data, skip_history }, written) => {
      const isTransient = skip_history ?? false;
      const changed = jsonLine(written, 'data', b64data);
      if (changed !== undefined) return { data: changed, isTransient };
      const { data, isBase64 } = sent;
      return { data, isTransient, ...(isBase64 && { isBase64 }) };
    });
}

/** A renewal until `expiresAtMs`. `info` and `meta` replace the ones before, if they are set. */
export interface Renewed {
  readonly expiresAtMs: number;
  readonly info?: JsonLine;
  readonly meta?: JsonLine;
}

/** Returns undefined if the result has no time in the future at which it expires. */
export function readRefreshAnswer(now: () => number) {
  return (answer: unknown, text: string): HookAnswer<Renewed | undefined> =>
    read({ answer, text }, RefreshResult, ({ expired, expire_at, b64info }, written) => {
      const expiresAtMs = expiryMs(expire_at);
      if (expired === true || expiresAtMs === undefined || expiresAtMs <= now()) return undefined;
      const info = jsonLine(written, 'info', b64info);
      return { expiresAtMs, ...omitUndefined({ info, meta: writtenLine(written, 'meta') }) };
    });
}

/** An answer, and the JSON text from which it was parsed. */
interface ParsedAnswer {
  readonly answer: unknown;
  readonly text: string;
}

function read<R, T>(
  { answer, text }: ParsedAnswer,
  result: z.ZodType<R>,
  use: (result: R, written: Written) => T,
): HookAnswer<T> {
  const schema = z.object({
    result: result.nullish(),
    error: HookError.nullish(),
    disconnect: Disconnect.nullish(),
  });
  const parsed = schema.safeParse(answer);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') || 'the whole';
    throw new Error(`its answer is not valid: ${path}`);
  }
  const { disconnect, error, result: found } = parsed.data;
  if (disconnect) {
    return new AccessClosedError({ code: disconnect.code, reason: disconnect.reason ?? '' });
  }
  if (error) {
    const { code, message, temporary } = error;
    return new HookRefusal({ code, message: message ?? '', temporary: temporary ?? false });
  }
  if (found === undefined || found === null) throw new Error('its answer has no result');
  return use(found, rawMembers(rawMember(text, 'result') ?? '{}'));
}
