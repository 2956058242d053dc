import { toJsonLine, type JsonLine } from '@newswire/protocol';
import { z } from 'zod';
import type { SubscribeGrant } from './access.js';

/** Past this a Date is none: a time further off means never. */
const MAX_TIME_MS = 8.64e15;

/** Seconds since 1970 as ms. 0 and less: none, as where it is not given. */
export function expiryMs(seconds: number | undefined): number | undefined {
  if (seconds === undefined || seconds <= 0) return undefined;
  const ms = seconds * 1000;
  return ms > MAX_TIME_MS ? undefined : ms;
}

/** The object without the members that hold undefined. */
export function defined<T extends object>(
  object: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const members = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A member that is JSON, beside one of the same meaning with that JSON's text in base64. */
export function jsonLine(value: unknown, base64: string | undefined): JsonLine | undefined {
  if (base64 !== undefined && base64 !== '') {
    return toJsonLine(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')));
  }
  return value === undefined || value === null ? undefined : toJsonLine(value);
}

/** Whether it is text that a wire can carry: base64 of something else than JSON is not. */
export function isJsonBase64(base64: string): boolean {
  try {
    jsonLine(undefined, base64);
    return true;
  } catch {
    return false;
  }
}

const Base64Json = z.string().refine(isJsonBase64).optional();
const Flag = z.object({ value: z.boolean().optional() }).optional();

const Override = z.object({
  presence: Flag,
  join_leave: Flag,
  recover: Flag,
  force_recovery: Flag,
});

/** Members of a subscription token, of a `subs` entry, and of a subscribe hook's result. */
export const GRANT_MEMBERS = {
  info: z.unknown().optional(),
  b64info: Base64Json,
  data: z.unknown().optional(),
  b64data: Base64Json,
  expire_at: z.number().optional(),
  override: Override.nullish(),
};

const Grant = z.object(GRANT_MEMBERS);

/** Names of channels to what is granted there. A record would pass over a channel `__proto__`. */
const Subs = z
  .custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
  .transform((value) => Object.entries(value))
  .pipe(z.array(z.tuple([z.string(), Grant])));

/** Members of a connection token and of a connect hook's result. */
export const CREDENTIALS_MEMBERS = {
  info: z.unknown().optional(),
  b64info: Base64Json,
  meta: z.unknown().optional(),
  expire_at: z.number().optional(),
  channels: z.array(z.string()).nullish(),
  subs: Subs.nullish(),
};

export function grantOf(from: z.infer<typeof Grant>): SubscribeGrant {
  const { override } = from;
  return defined({
    info: jsonLine(from.info, from.b64info),
    data: jsonLine(from.data, from.b64data),
    expiresAtMs: expiryMs(from.expire_at),
    presence: valueOf(override?.presence),
    joinLeave: valueOf(override?.join_leave),
    recovery: valueOf(override?.force_recovery ?? override?.recover),
  });
}

/** In protobuf's JSON a false is left out. */
function valueOf(flag: z.infer<typeof Flag>): boolean | undefined {
  return flag && (flag.value ?? false);
}

/** `channels` and `subs` together; what `subs` says of a channel counts. */
export function subsOf(from: {
  readonly channels?: readonly string[] | null | undefined;
  readonly subs?: readonly (readonly [string, z.infer<typeof Grant>])[] | null | undefined;
}): Record<string, SubscribeGrant> {
  return Object.fromEntries([
    ...(from.channels ?? []).map((channel) => [channel, {}] as const),
    ...(from.subs ?? []).map(([channel, grant]) => [channel, grantOf(grant)] as const),
  ]);
}
