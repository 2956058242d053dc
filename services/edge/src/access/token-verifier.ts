import { ProtocolError } from '@newswire/protocol';
import { compactVerify, type CompactVerifyResult, decodeProtectedHeader, errors } from 'jose';
import {
  checkClaims,
  type ClaimChecks,
  InvalidTokenError,
  parseClaims,
  type SignedClaims,
} from './token-claims.js';
import type { TokenKey } from './token-keys.js';

export interface TokenVerifierOptions extends ClaimChecks {
  readonly keys: readonly TokenKey[];
}

export const MAX_TOKEN_BYTES = 8192;

/** Verifies a token's signature, audience, issuer and times, and returns its claims. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * Rejects with TokenExpiredError, TokenNotYetValidError, InvalidTokenError, or ProtocolError: 106
   * for a token over 8 KiB, 100 if the keys cannot be read at the moment.
   */
  async verify(token: string): Promise<SignedClaims> {
    const signed = parseClaims(await this.#verifyPayload(token));
    checkClaims(signed, this.#options);
    return signed;
  }

  /** The payload, verified with one of the keys. */
  async #verifyPayload(token: string): Promise<Uint8Array> {
    const bytes = Buffer.byteLength(token);
    if (bytes > MAX_TOKEN_BYTES) {
      const detail = `a token has ${bytes} bytes, ${MAX_TOKEN_BYTES} are allowed`;
      throw new ProtocolError('limitExceeded', detail);
    }
    const algorithm = readAlgorithm(token);
    const keys = this.#options.keys.filter(({ algorithms }) => algorithms.includes(algorithm));
    let refusal: Error = new InvalidTokenError('no key is configured for its algorithm');
    for (const key of keys) {
      try {
        return await this.#verifyWith(token, key);
      } catch (error) {
        refusal = toRefusal(error);
        if (!isOtherKeys(error)) break;
      }
    }
    throw refusal;
  }

  async #verifyWith(token: string, { key, algorithms }: TokenKey): Promise<Uint8Array> {
    const options = { algorithms: [...algorithms] };
    if (typeof key !== 'function') return payloadIn(await compactVerify(token, key, options));
    try {
      return payloadIn(await compactVerify(token, key, options));
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return verifyWithAny(token, error, options);
    }
  }
}

/** Tries every candidate: a token that does not name its key may belong to any key of the set. */
async function verifyWithAny(
  token: string,
  candidates: InstanceType<typeof errors.JWKSMultipleMatchingKeys>,
  options: { readonly algorithms: string[] },
): Promise<Uint8Array> {
  for await (const key of candidates) {
    try {
      return payloadIn(await compactVerify(token, key, options));
    } catch (error) {
      // A TypeError means that this key is too weak. Another key may still verify the token.
      if (!isOtherKeys(error) && !(error instanceof TypeError)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** Returns the payload. Throws if it is not in base64, which a JWT requires. */
function payloadIn({ payload, protectedHeader: { crit, b64 } }: CompactVerifyResult): Uint8Array {
  if (crit?.includes('b64') && b64 === false) {
    throw new InvalidTokenError('its payload is not in base64');
  }
  return payload;
}

function readAlgorithm(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? '';
  } catch {
    throw new InvalidTokenError('it is not a JWT');
  }
}

/** Whether another key may still verify the token. */
function isOtherKeys(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey
  );
}

function toRefusal(error: unknown): Error {
  if (error instanceof ProtocolError || error instanceof InvalidTokenError) return error;
  if (error instanceof errors.JOSEError) return new InvalidTokenError(error.code);
  return new InvalidTokenError('it cannot be read');
}
