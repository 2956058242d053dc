import { isRecord, type JsonLine, rawMembers } from '@newswire/protocol';
import { z } from 'zod';
import { omitUndefined } from '@newswire/runtime';
import type { Credentials, SubscribeGrant } from './access.js';
import {
  CREDENTIALS_MEMBERS,
  expiryMs,
  GRANT_MEMBERS,
  jsonLine,
  parseGrant,
  parseSubs,
  writtenLine,
} from './grants.js';

/** The token was valid earlier. */
export class TokenExpiredError extends Error {
  constructor() {
    super('the token has expired');
    this.name = 'TokenExpiredError';
  }
}

/** The token will be valid later. */
export class TokenNotYetValidError extends Error {
  constructor() {
    super('the token is not valid yet');
    this.name = 'TokenNotYetValidError';
  }
}

/**
 * The token is not valid, and never will be. `reason` is for logs and contains nothing of the
 * token.
 */
export class InvalidTokenError extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(`the token is not valid: ${reason}`);
    this.name = 'InvalidTokenError';
    this.reason = reason;
  }
}

/** A token's signed claims, and the JSON text from which they were parsed. */
export interface SignedClaims {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly text: JsonLine;
}

export interface ClaimChecks {
  /**
   * The audience that `aud` must name, and the required `iss`. Undefined accepts any value or none.
   */
  readonly audience: string | undefined;
  readonly issuer: string | undefined;
  /** The allowed difference between the clocks of backend and edge. */
  readonly leewayMs: number;
  /** ms since 1970. */
  readonly now: () => number;
}

// Seconds since 1970. Null is the same as a missing claim: no limit.
const Times = z.object({
  exp: z.number().nullish(),
  nbf: z.number().nullish(),
  iat: z.number().nullish(),
});

/** Parses the claims of a token whose signature has been verified. Throws InvalidTokenError. */
export function parseClaims(payload: Uint8Array): SignedClaims {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    const claims: unknown = JSON.parse(text);
    if (isRecord(claims)) return { claims, text };
  } catch {
    // Not UTF-8 or not JSON. The error message contains none of it.
  }
  throw new InvalidTokenError('its claims are not a JSON object');
}

/**
 * Checks audience, issuer and times. Throws InvalidTokenError, TokenNotYetValidError or
 * TokenExpiredError.
 */
export function checkClaims({ claims }: SignedClaims, checks: ClaimChecks): void {
  const { audience, issuer, leewayMs, now } = checks;
  const { data: times, error } = Times.safeParse(claims);
  if (times === undefined) throw wrongClaim(String(error.issues[0]?.path[0]));
  if (audience !== undefined && !names(claims['aud'], audience)) throw wrongClaim('aud');
  if (issuer !== undefined && claims['iss'] !== issuer) throw wrongClaim('iss');
  const { exp, nbf } = times;
  const nowMs = now();
  if (isTime(nbf) && nbf * 1000 > nowMs + leewayMs) throw new TokenNotYetValidError();
  if (isTime(exp) && exp * 1000 + leewayMs <= nowMs) throw new TokenExpiredError();
}

function isTime(claim: number | null | undefined): claim is number {
  return claim !== undefined && claim !== null;
}

function names(claim: unknown, audience: string): boolean {
  return Array.isArray(claim) ? claim.includes(audience) : claim === audience;
}

export function wrongClaim(name: string): InvalidTokenError {
  return new InvalidTokenError(`its claim ${name} is not valid`);
}

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
    ...omitUndefined({
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
    grant: { ...grant, ...omitUndefined({ expiresAtMs: readExpiry(claims, clock) }) },
  };
}

interface ExpiringClaims {
  readonly exp?: number | null | undefined;
  readonly expire_at?: number | null | undefined;
}

/**
 * The time at which the grant expires. A token that is valid only because of the leeway expires
 * when the leeway is over.
 */
function readExpiry(
  { exp, expire_at: expireAt }: ExpiringClaims,
  clock: Clock,
): number | undefined {
  if (expireAt !== undefined && expireAt !== null) return expiryMs(expireAt);
  const atMs = expiryMs(exp);
  return atMs === undefined || atMs > clock.now() ? atMs : atMs + clock.leewayMs;
}

function read<T>(schema: z.ZodType<T>, { claims }: SignedClaims): T {
  const result = schema.safeParse(claims);
  if (result.success) return result.data;
  throw wrongClaim(String(result.error.issues[0]?.path[0]));
}
