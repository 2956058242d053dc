import { rawMembers } from '@newswire/protocol';
import { z } from 'zod';
import type { Credentials, SubscribeGrant } from './access.js';
import { wrongClaim, type ClaimChecks, type SignedClaims } from './claim-checks.js';
import {
  CREDENTIALS_MEMBERS,
  defined,
  expiryMs,
  GRANT_MEMBERS,
  grantOf,
  jsonLine,
  subsOf,
  writtenLine,
} from './grants.js';
import { InvalidTokenError } from './token-errors.js';

const ConnectionClaims = z.object({
  sub: z.string().nullish(),
  exp: z.number().nullish(),
  ...CREDENTIALS_MEMBERS,
});

const SubscriptionClaims = z.object({
  sub: z.string().nullish(),
  channel: z.string(),
  client: z.string().nullish(),
  exp: z.number().nullish(),
  ...GRANT_MEMBERS,
});

type Clock = Pick<ClaimChecks, 'leewayMs' | 'now'>;

/** What a connection token's claims make of a client. Throws InvalidTokenError. */
export function connectionCredentials(signed: SignedClaims, clock: Clock): Credentials {
  // Handed out for one channel, it shall not open a connection, which may be good for many.
  const { channel } = signed.claims;
  if (channel !== undefined && channel !== null) {
    throw new InvalidTokenError('it is a subscription token');
  }
  const claims = read(ConnectionClaims, signed);
  const written = rawMembers(signed.text);
  return {
    user: claims.sub ?? '',
    subs: subsOf(claims, written),
    ...defined({
      info: jsonLine(written, 'info', claims.b64info),
      meta: writtenLine(written, 'meta'),
      expiresAtMs: expiryOf(claims, clock),
    }),
  };
}

/** What a subscription token allows, and whom. */
export interface SubscriptionClaim {
  readonly user: string;
  readonly channel: string;
  /** Of one session only, where not empty. */
  readonly client: string;
  readonly grant: SubscribeGrant;
}

/** Throws InvalidTokenError. */
export function subscriptionClaim(signed: SignedClaims, clock: Clock): SubscriptionClaim {
  const claims = read(SubscriptionClaims, signed);
  const { expiresAtMs: _, ...grant } = grantOf(claims, rawMembers(signed.text));
  return {
    user: claims.sub ?? '',
    channel: claims.channel,
    client: claims.client ?? '',
    grant: { ...grant, ...defined({ expiresAtMs: expiryOf(claims, clock) }) },
  };
}

interface Expiring {
  readonly exp?: number | null | undefined;
  readonly expire_at?: number | null | undefined;
}

/** A token that is good by the leeway alone is good until that is over. */
function expiryOf({ exp, expire_at: expireAt }: Expiring, clock: Clock): number | undefined {
  if (expireAt !== undefined && expireAt !== null) return expiryMs(expireAt);
  const atMs = expiryMs(exp);
  return atMs === undefined || atMs > clock.now() ? atMs : atMs + clock.leewayMs;
}

function read<T>(schema: z.ZodType<T>, { claims }: SignedClaims): T {
  const result = schema.safeParse(claims);
  if (result.success) return result.data;
  throw wrongClaim(String(result.error.issues[0]?.path[0]));
}
