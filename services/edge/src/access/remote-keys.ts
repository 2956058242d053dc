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
  /** Told why the keys cannot be read, without anything secret. */
  readonly onFailure: (message: string) => void;
  readonly timeoutMs?: number;
  readonly cacheMs?: number;
  /** After a read, for how long a key that is missing does not make it read again. */
  readonly coolDownMs?: number;
  /** After a failure, for how long it is not tried again. */
  readonly failureCoolDownMs?: number;
  readonly now?: () => number;
}

const MAX_KEY_SET_BYTES = 262_144;

/**
 * Keys of a JWKS URL. They are kept, and read again when they are old or one is missing. Throws a
 * temporary ProtocolError while they cannot be read, and also for a missing key where it is too
 * early to look again: it may be a new one, and a client refused for good would not come back.
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
      // Throws where it is no key set: unnoticed, it would be read again for every token.
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
      if (!isMissing) onFailure(`the keys of tokens cannot be read: ${reasonOf(error)}`);
      throw new ProtocolError('internal', 'the token cannot be checked at the moment');
    }
  };
}

function withoutNullKid(header: JWTHeaderParameters): JWTHeaderParameters {
  if ((header.kid as unknown) !== null) return header;
  const { kid: _, ...others } = header;
  return others;
}

/** A member that is null is as if it were not there: some libraries write `"use":null`. */
function withoutNulls(json: string): unknown {
  return JSON.parse(json, (_, value: unknown) => (value === null ? undefined : value));
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError' || error instanceof errors.JWKSTimeout) return 'it took too long';
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? message;
}
