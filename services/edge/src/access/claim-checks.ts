import { isRecord, type JsonLine } from '@newswire/protocol';
import { z } from 'zod';
import { InvalidTokenError, TokenExpiredError, TokenNotYetValidError } from './token-errors.js';

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
  throw new InvalidTokenError('its claims are no JSON object');
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
  return new InvalidTokenError(`its claim ${name} is not as it must be`);
}
