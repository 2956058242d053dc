import { isUtf8 } from 'node:buffer';
import { rawMembers, recordOf, toOneLine, type JsonLine } from '@newswire/protocol';
import { z } from 'zod';
import type { SubscribeGrant } from './access.js';

/** Past this a Date is none: a time further off means never. */
const MAX_TIME_MS = 8.64e15;

/** Seconds since 1970 as ms. 0 and less: none, as where it is not given. */
export function expiryMs(seconds: number | null | undefined): number | undefined {
  if (seconds === undefined || seconds === null || seconds <= 0) return undefined;
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

/** The members of an object that came as JSON, by name, as they were written there. */
export type Written = ReadonlyMap<string, JsonLine>;

/** A member that is JSON, as it was written. Where it is null there is none. */
export function writtenLine(written: Written, name: string): JsonLine | undefined {
  const text = written.get(name);
  return text === undefined || text === 'null' ? undefined : toOneLine(text);
}

/** The same, or the JSON whose text another member of the same meaning has in base64. */
export function jsonLine(
  written: Written,
  name: string,
  base64: string | null | undefined,
): JsonLine | undefined {
  return base64 ? base64Line(base64) : writtenLine(written, name);
}

function base64Line(base64: string): JsonLine {
  const bytes = Buffer.from(base64, 'base64');
  if (!isUtf8(bytes)) throw new Error('it is not UTF-8');
  const text = bytes.toString();
  JSON.parse(text);
  return toOneLine(text);
}

/** Whether it is text that a wire can carry: base64 of something else than JSON is not. */
function isJsonBase64(base64: string): boolean {
  try {
    if (base64 !== '') base64Line(base64);
    return true;
  } catch {
    return false;
  }
}

// Each member may be missing, or null, which means the same.
export const Base64Json = z.string().refine(isJsonBase64).nullish();
const Flag = z.object({ value: z.boolean().nullish() }).nullish();

const Override = z.object({
  presence: Flag,
  join_leave: Flag,
  recover: Flag,
  force_recovery: Flag,
});

/**
 * Members of a subscription token, of a `subs` entry, and of a subscribe hook's result. `info`, `data`
 * and `meta` are any JSON: they are taken from the text, where no digit of a number is lost.
 */
export const GRANT_MEMBERS = {
  b64info: Base64Json,
  b64data: Base64Json,
  expire_at: z.number().nullish(),
  override: Override.nullish(),
};

const Grant = z.object(GRANT_MEMBERS);

/** Members of a connection token and of a connect hook's result. */
export const CREDENTIALS_MEMBERS = {
  b64info: Base64Json,
  expire_at: z.number().nullish(),
  channels: z.array(z.string()).nullish(),
  subs: recordOf(Grant).nullish(),
};

export function grantOf(from: z.infer<typeof Grant>, written: Written): SubscribeGrant {
  const { override } = from;
  return defined({
    info: jsonLine(written, 'info', from.b64info),
    data: jsonLine(written, 'data', from.b64data),
    expiresAtMs: expiryMs(from.expire_at),
    presence: valueOf(override?.presence),
    joinLeave: valueOf(override?.join_leave),
    recovery: valueOf(override?.force_recovery ?? override?.recover),
  });
}

/** In protobuf's JSON a false is left out. */
function valueOf(flag: z.infer<typeof Flag>): boolean | undefined {
  return flag ? (flag.value ?? false) : undefined;
}

/** `channels` and `subs` together; what `subs` says of a channel counts. */
export function subsOf(
  from: {
    readonly channels?: readonly string[] | null | undefined;
    readonly subs?: ReadonlyMap<string, z.infer<typeof Grant>> | null | undefined;
  },
  written: Written,
): Record<string, SubscribeGrant> {
  const texts = rawMembers(written.get('subs') ?? '{}');
  return Object.fromEntries([
    ...(from.channels ?? []).map((channel) => [channel, {}] as const),
    ...[...(from.subs ?? [])].map(
      ([channel, grant]) =>
        [channel, grantOf(grant, rawMembers(texts.get(channel) ?? '{}'))] as const,
    ),
  ]);
}
