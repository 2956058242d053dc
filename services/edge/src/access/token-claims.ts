import { rawMembers } from '@newswire/protocol';
import { z } from 'zod';
import type { Credentials, SubscribeGrant } from './access.js';
import { wrongClaim, type ClaimChecks, type SignedClaims } from './claim-checks.js';
import {
  CREDENTIALS_MEMBERS,
  defined,
  expiryMs,
  GRANT_MEMBERS,
  parseGrant,
  jsonLine,
  parseSubs,
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

/** Converts a connection token's claims to credentials. Throws InvalidTokenError. */
export function connectionCredentials(signed: SignedClaims, clock: Clock): Credentials {
  // A subscription token is for one channel. It must not open a connection, which may allow many.
  const { channel } = signed.claims;
  if (channel !== undefined && channel !== null) {
    throw new InvalidTokenError('it is a subscription token');
  }
  const claims = read(ConnectionClaims, signed);
  const written = rawMembers(signed.text);
  return {
    user: claims.sub ?? '',
    subs: parseSubs(claims, written),
    ...defined({
      info: jsonLine(written, 'info', claims.b64info),
      meta: writtenLine(written, 'meta'),
      expiresAtMs: readExpiry(claims, clock),
    }),
  };
}

/** What a subscription token allows, and for which user, channel and session. */
export interface SubscriptionClaim {
  readonly user: string;
  readonly channel: string;
  /** If not empty, only this session may use the token. */
  readonly client: string;
  readonly grant: SubscribeGrant;
}

/** Converts a subscription token's claims. Throws InvalidTokenError. */
export function subscriptionClaim(signed: SignedClaims, clock: Clock): SubscriptionClaim {
  const claims = read(SubscriptionClaims, signed);
  const { expiresAtMs: _, ...grant } = parseGrant(claims, rawMembers(signed.text));
  return {
    user: claims.sub ?? '',
    channel: claims.channel,
    client: claims.client ?? '',
    grant: { ...grant, ...defined({ expiresAtMs: readExpiry(claims, clock) }) },
  };
}

interface Expiring {
  readonly exp?: number | null | undefined;
  readonly expire_at?: number | null | undefined;
}

/**
 * The time at which the grant expires. A token that is valid only because of the leeway expires
 * when the leeway is over.
 */
function readExpiry({ exp, expire_at: expireAt }: Expiring, clock: Clock): number | undefined {
  if (expireAt !== undefined && expireAt !== null) return expiryMs(expireAt);
  const atMs = expiryMs(exp);
  return atMs === undefined || atMs > clock.now() ? atMs : atMs + clock.leewayMs;
}

function read<T>(schema: z.ZodType<T>, { claims }: SignedClaims): T {
  const result = schema.safeParse(claims);
  if (result.success) return result.data;
  throw wrongClaim(String(result.error.issues[0]?.path[0]));
}
