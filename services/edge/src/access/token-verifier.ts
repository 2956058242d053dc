import { ProtocolError } from '@newswire/protocol';
import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyOptions,
} from 'jose';
import type { TokenKey } from './token-keys.js';

export interface TokenVerifierOptions {
  readonly keys: readonly TokenKey[];
  readonly audience: string | undefined;
  readonly issuer: string | undefined;
  /** ms since 1970. */
  readonly now: () => number;
}

export const MAX_TOKEN_BYTES = 8192;

/** How far ahead the clock of whoever issues tokens may be: a token of just now is good. */
const CLOCK_TOLERANCE_S = 5;

/** The token was good once. */
export class TokenExpiredError extends Error {
  constructor() {
    super('the token has expired');
    this.name = 'TokenExpiredError';
  }
}

/** The token is not good, and never will be. `reason` is for logs: nothing of the token is in it. */
export class InvalidTokenError extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(`the token is not valid: ${reason}`);
    this.name = 'InvalidTokenError';
    this.reason = reason;
  }
}

/** Tells what a token says, after looking that one of the keys signed it, and when and for whom. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * Rejects with TokenExpiredError, InvalidTokenError, or ProtocolError: 106 for a token over 8 KiB,
   * 100 where the keys cannot be had at the moment.
   */
  async verify(token: string): Promise<JWTPayload> {
    const bytes = Buffer.byteLength(token);
    if (bytes > MAX_TOKEN_BYTES) {
      const detail = `a token has ${bytes} bytes, ${MAX_TOKEN_BYTES} are allowed`;
      throw new ProtocolError('limitExceeded', detail);
    }
    const algorithm = algorithmOf(token);
    const keys = this.#options.keys.filter(({ algorithms }) => algorithms.includes(algorithm));
    let refusal: Error = new InvalidTokenError('no key is configured for its algorithm');
    for (const key of keys) {
      try {
        return await this.#verifyWith(token, key);
      } catch (error) {
        refusal = refusalOf(error);
        if (!isOtherKeys(error)) break;
      }
    }
    throw refusal;
  }

  async #verifyWith(token: string, { key, algorithms }: TokenKey): Promise<JWTPayload> {
    const options = this.#verifyOptions(algorithms);
    if (typeof key !== 'function') return (await jwtVerify(token, key, options)).payload;
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return verifyWithAny(token, error, options);
    }
  }

  #verifyOptions(algorithms: readonly string[]): JWTVerifyOptions {
    const { audience, issuer, now } = this.#options;
    return {
      algorithms: [...algorithms],
      ...(audience !== undefined && { audience }),
      ...(issuer !== undefined && { issuer }),
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now()),
    };
  }
}

/** A token that does not name its key may be of any in the set. */
async function verifyWithAny(
  token: string,
  candidates: InstanceType<typeof errors.JWKSMultipleMatchingKeys>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      // A TypeError is about the key, which is too weak: the others may be good all the same.
      if (!isOtherKeys(error) && !(error instanceof TypeError)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? '';
  } catch {
    throw new InvalidTokenError('it is not a JWT');
  }
}

/** The token may be another key's. */
function isOtherKeys(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey
  );
}

function refusalOf(error: unknown): Error {
  if (error instanceof ProtocolError) return error;
  if (error instanceof errors.JWTExpired) return new TokenExpiredError();
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new InvalidTokenError(`its claim ${error.claim} is not as it must be`);
  }
  if (error instanceof errors.JOSEError) return new InvalidTokenError(error.code);
  return new InvalidTokenError('it cannot be read');
}
