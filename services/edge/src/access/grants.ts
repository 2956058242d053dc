import { isUtf8 } from 'node:buffer';
import { type JsonLine, rawMembers, recordSchema, toOneLine } from '@newswire/protocol';
import { z } from 'zod';
import { omitUndefined } from '@newswire/runtime';
import type { SubscribeGrant } from './access.js';

/** The latest time that a Date can hold. A later time means never. */
const MAX_TIME_MS = 8.64e15;

/** Converts seconds since 1970 to ms. A missing value, 0 and a negative value mean no expiry. */
export function expiryMs(seconds: number | null | undefined): number | undefined {
  if (seconds === undefined || seconds === null || seconds <= 0) return undefined;
  const ms = seconds * 1000;
  return ms > MAX_TIME_MS ? undefined : ms;
}

/** The members of a JSON object by name, each as its original text. */
export type Written = ReadonlyMap<string, JsonLine>;

/** A member's original JSON text. Undefined if the member is missing or null. */
export function writtenLine(written: Written, name: string): JsonLine | undefined {
  const text = written.get(name);
  return text === undefined || text === 'null' ? undefined : toOneLine(text);
}

/** Like `writtenLine`, but `base64`, the same member encoded in base64, takes precedence. */
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

/** Whether the base64 contains JSON in UTF-8. Text protocols cannot carry anything else. */
function isJsonBase64(base64: string): boolean {
  try {
    if (base64 !== '') base64Line(base64);
    return true;
  } catch {
    return false;
  }
}

// Each member may be missing or null, which means the same.
export const Base64Json = z.string().refine(isJsonBase64).nullish();
const Flag = z.object({ value: z.boolean().nullish() }).nullish();

const Override = z.object({
  presence: Flag,
  join_leave: Flag,
  recover: Flag,
  force_recovery: Flag,
});

/**
 * Members of a subscription token, of a `subs` entry, and of a subscribe hook's result. `info`,
 * `data` and `meta` may be any JSON. They are taken from the original text, so that numbers keep
 * all their digits.
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
  subs: recordSchema(Grant).nullish(),
};

export function parseGrant(from: z.infer<typeof Grant>, written: Written): SubscribeGrant {
  const { override } = from;
  return omitUndefined({
    info: jsonLine(written, 'info', from.b64info),
    data: jsonLine(written, 'data', from.b64data),
    expiresAtMs: expiryMs(from.expire_at),
    presence: readFlag(override?.presence),
    joinLeave: readFlag(override?.join_leave),
    recovery: readFlag(override?.force_recovery ?? override?.recover),
  });
}

/** Protobuf's JSON omits false, so a flag without a value is false. */
function readFlag(flag: z.infer<typeof Flag>): boolean | undefined {
  return flag ? (flag.value ?? false) : undefined;
}

/** Merges `channels` and `subs`. For a channel in both, the entry in `subs` counts. */
export function parseSubs(
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
        [channel, parseGrant(grant, rawMembers(texts.get(channel) ?? '{}'))] as const,
    ),
  ]);
}
