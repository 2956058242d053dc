import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { ProtocolError } from '@newswire/protocol';
import { type Config, ConfigError, getErrorCode } from '@newswire/runtime';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';
import { boundedText } from './backend-calls.js';

export const TOKEN_KEY_SETTINGS = [
  'tokenHmacSecret',
  'tokenRsaPublicKey',
  'tokenEcdsaPublicKey',
  'tokenEd25519PublicKey',
  'tokenJwksUrl',
] as const;

const HMAC = ['HS256', 'HS384', 'HS512'];
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

/** The one algorithm of each curve, by OpenSSL's name for the curve. */
const ECDSA_BY_CURVE: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** Both names of the algorithm: `EdDSA` would also allow Ed448, which the kind of key excludes. */
const ED25519 = ['EdDSA', 'Ed25519'];

const MIN_RSA_BITS = 2048;

/**
 * A key or a key set, and the only algorithms for which it is used. They follow from the kind of
 * key that is configured, never from a token, so a public key cannot be used as an HMAC secret.
 */
export interface TokenKey {
  readonly algorithms: readonly string[];
  readonly key: KeyObject | JWTVerifyGetKey;
}

/**
 * Returns the configured keys. Without any, no token is valid. Throws ConfigError for an unusable
 * key.
 */
export function tokenKeys(
  config: Config<(typeof TOKEN_KEY_SETTINGS)[number]>,
  onFailure: (message: string) => void,
): TokenKey[] {
  const { tokenHmacSecret, tokenRsaPublicKey, tokenEcdsaPublicKey } = config;
  const { tokenEd25519PublicKey, tokenJwksUrl } = config;
  const keys: TokenKey[] = [];
  if (tokenHmacSecret !== undefined) {
    keys.push({ algorithms: HMAC, key: createSecretKey(tokenHmacSecret, 'utf8') });
  }
  if (tokenRsaPublicKey !== undefined) keys.push(rsaKey(tokenRsaPublicKey));
  if (tokenEcdsaPublicKey !== undefined) keys.push(ecdsaKey(tokenEcdsaPublicKey));
  if (tokenEd25519PublicKey !== undefined) keys.push(ed25519Key(tokenEd25519PublicKey));
  if (tokenJwksUrl !== undefined) {
    const algorithms = [...RSA, ...Object.values(ECDSA_BY_CURVE), ...ED25519];
    keys.push({ algorithms, key: remoteKeys(tokenJwksUrl, { onFailure }) });
  }
  return keys;
}

function rsaKey(pem: string): TokenKey {
  const key = publicKey(pem);
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key?.asymmetricKeyType !== 'rsa' || bits < MIN_RSA_BITS) {
    throw new ConfigError([
      `NEWSWIRE_TOKEN_RSA_PUBLIC_KEY must be an RSA public key of ${MIN_RSA_BITS} bits or more.`,
    ]);
  }
  return { algorithms: RSA, key };
}

function ecdsaKey(pem: string): TokenKey {
  const key = publicKey(pem);
  const algorithm = ECDSA_BY_CURVE[key?.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key === undefined || algorithm === undefined) {
    throw new ConfigError([
      'NEWSWIRE_TOKEN_ECDSA_PUBLIC_KEY must be an ECDSA public key on the curve P-256, P-384 or P-521.',
    ]);
  }
  return { algorithms: [algorithm], key };
}

function ed25519Key(pem: string): TokenKey {
  const key = publicKey(pem);
  if (key?.asymmetricKeyType !== 'ed25519') {
    throw new ConfigError(['NEWSWIRE_TOKEN_ED25519_PUBLIC_KEY must be an Ed25519 public key.']);
  }
  return { algorithms: ED25519, key };
}

function publicKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

export interface RemoteKeysOptions {
  /** Called with the reason why the keys cannot be read. It contains no secret. */
  readonly onFailure: (message: string) => void;
  readonly timeoutMs?: number;
  readonly cacheMs?: number;
  /** How long after a read a missing key does not cause another read. */
  readonly coolDownMs?: number;
  /** How long after a failed read no other read is tried. */
  readonly failureCoolDownMs?: number;
  readonly now?: () => number;
}

const MAX_KEY_SET_BYTES = 262_144;

/**
 * Reads and caches the keys of a JWKS URL. They are read again when they are old or one is missing.
 * Throws a temporary ProtocolError while they cannot be read, and also for a missing key if it is
 * too early to read again: the key may be new, and a client that is refused permanently would not
 * come back.
 */
export function remoteKeys(url: URL, options: RemoteKeysOptions): JWTVerifyGetKey {
  const { timeoutMs = 3000, cacheMs = 600_000, coolDownMs = 10_000 } = options;
  const { failureCoolDownMs = 1000, now = Date.now, onFailure } = options;
  let readCount = 0;
  let failedAtMs = -Infinity;

  const read = async (address: string, init: RequestInit) => {
    if (now() < failedAtMs + failureCoolDownMs)
      throw new Error('the last request failed a moment ago');
    readCount++;
    try {
      const response = await fetch(address, init);
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`it answered ${response.status}`);
      }
      // jose would read a body of any length.
      const text = await boundedText(response, MAX_KEY_SET_BYTES);
      const keySet = withoutNulls(text) as JSONWebKeySet;
      // Throws if it is not a key set. Without this check, each token would cause another read.
      createLocalJWKSet(keySet);
      return new Response(JSON.stringify(keySet));
    } catch (error) {
      failedAtMs = now();
      throw error;
    }
  };
  const set = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: cacheMs,
    cooldownDuration: coolDownMs,
    [customFetch]: read,
  });

  return async (header, token) => {
    const readBefore = readCount;
    try {
      return await set(withoutNullKid(header), token);
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      const isMissing = error instanceof errors.JWKSNoMatchingKey;
      if (isMissing && readCount > readBefore) throw error;
      if (!isMissing) onFailure(`the keys for tokens cannot be fetched: ${describeFailure(error)}`);
      throw new ProtocolError('internal', 'the token cannot be checked at the moment');
    }
  };
}

function withoutNullKid(header: JWTHeaderParameters): JWTHeaderParameters {
  if ((header.kid as unknown) !== null) return header;
  const { kid: _, ...others } = header;
  return others;
}

/** Removes members that are null: some libraries write `"use":null`. */
function withoutNulls(json: string): unknown {
  return JSON.parse(json, (_, value: unknown) => (value === null ? undefined : value));
}

function describeFailure(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError' || error instanceof errors.JWKSTimeout) return 'it timed out';
  return getErrorCode(cause) ?? message;
}
