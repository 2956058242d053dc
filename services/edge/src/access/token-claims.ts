import type { JWTPayload } from 'jose';
import { z } from 'zod';
import type { Credentials, SubscribeGrant } from './access.js';
import {
  CREDENTIALS_MEMBERS,
  defined,
  expiryMs,
  GRANT_MEMBERS,
  grantOf,
  jsonLine,
  subsOf,
} from './grants.js';
import { InvalidTokenError, TokenExpiredError } from './token-verifier.js';

const ConnectionClaims = z.object({
  sub: z.string().default(''),
  exp: z.number().optional(),
  ...CREDENTIALS_MEMBERS,
});

const SubscriptionClaims = z.object({
  sub: z.string().default(''),
  channel: z.string(),
  client: z.string().optional(),
  exp: z.number().optional(),
  ...GRANT_MEMBERS,
});

/** What a connection token's claims make of a client. Throws InvalidTokenError, TokenExpiredError. */
export function connectionCredentials(payload: JWTPayload, nowMs: number): Credentials {
  // Handed out for one channel, it shall not open a connection, which may be good for many.
  if ('channel' in payload) throw new InvalidTokenError('it is a subscription token');
  const claims = read(ConnectionClaims, payload);
  checkExpiry(claims.exp, nowMs);
  return {
    user: claims.sub,
    subs: subsOf(claims),
    ...defined({
      info: jsonLine(claims.info, claims.b64info),
      meta: jsonLine(claims.meta, undefined),
      expiresAtMs: expiryMs(claims.expire_at ?? claims.exp),
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

/** Throws InvalidTokenError, TokenExpiredError. */
export function subscriptionClaim(payload: JWTPayload, nowMs: number): SubscriptionClaim {
  const claims = read(SubscriptionClaims, payload);
  checkExpiry(claims.exp, nowMs);
  const { sub: user, channel, client = '' } = claims;
  const grant = grantOf({ ...claims, expire_at: claims.expire_at ?? claims.exp });
  return { user, channel, client, grant };
}

function read<T>(schema: z.ZodType<T>, payload: JWTPayload): T {
  const result = schema.safeParse(payload);
  if (result.success) return result.data;
  const [name] = result.error.issues[0]?.path ?? [];
  throw new InvalidTokenError(`its claim ${String(name)} is not as it must be`);
}

/** The tolerance for clocks is for tokens of just now, not for those that have just expired. */
function checkExpiry(exp: number | undefined, nowMs: number): void {
  if (exp !== undefined && exp * 1000 <= nowMs) throw new TokenExpiredError();
}
