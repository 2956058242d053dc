import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { ConfigError, type Config } from '@newswire/runtime';
import { remoteKeys } from './remote-keys.js';
import type { JWTVerifyGetKey } from 'jose';

export const TOKEN_KEY_SETTINGS = [
  'tokenHmacSecret',
  'tokenRsaPublicKey',
  'tokenEcdsaPublicKey',
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
  const { tokenHmacSecret, tokenRsaPublicKey, tokenEcdsaPublicKey, tokenJwksUrl } = config;
  const keys: TokenKey[] = [];
  if (tokenHmacSecret !== undefined) {
    keys.push({ algorithms: HMAC, key: createSecretKey(tokenHmacSecret, 'utf8') });
  }
  if (tokenRsaPublicKey !== undefined) keys.push(rsaKey(tokenRsaPublicKey));
  if (tokenEcdsaPublicKey !== undefined) keys.push(ecdsaKey(tokenEcdsaPublicKey));
  if (tokenJwksUrl !== undefined) {
    const algorithms = [...RSA, ...Object.values(ECDSA_BY_CURVE)];
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

function publicKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}
