import { ProtocolError } from '@newswire/protocol';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';
import { boundedText } from './bounded-body.js';

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
    if (now() < failedAtMs + failureCoolDownMs) throw new Error('it failed a moment ago');
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
      if (!isMissing) onFailure(`the keys of tokens cannot be read: ${describeFailure(error)}`);
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
  if (name === 'TimeoutError' || error instanceof errors.JWKSTimeout) return 'it took too long';
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? message;
}
