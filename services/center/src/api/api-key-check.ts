import { createHash, timingSafeEqual } from 'node:crypto';
import { errorReply, type HttpReply } from '@newswire/transport';

export interface ApiKeyCheckOptions {
  /** Undefined: no key is required. */
  readonly apiKey: string | undefined;
  /** Set if the API must stay closed: a sentence with the reason and the remedy. */
  readonly closedBecause: string | undefined;
}

type RequestHeaders = Readonly<Record<string, string>>;

/** Authorizes requests to the API. */
export interface ApiKeyCheck {
  /** The request headers that the check reads, in lower case. */
  readonly headers: readonly string[];
  /** Returns an answer if the request is refused: 401, or 403 for a page in a browser. */
  refuse(headers: RequestHeaders): HttpReply | undefined;
}

/**
 * With a key, requires that key. Without one, the API is open to every program that reaches this
 * machine's loopback address, but not to pages in a browser: pages of any author reach it, too.
 * Browsers name the page's origin in every POST, and the page cannot change that header. Programs
 * send none.
 */
export function createApiKeyCheck({ apiKey, closedBecause }: ApiKeyCheckOptions): ApiKeyCheck {
  if (closedBecause !== undefined) {
    const refusal = errorReply(401, 'unauthorized', closedBecause);
    return { headers: [], refuse: () => refusal };
  }
  if (apiKey === undefined) {
    const refusal = errorReply(
      403,
      'permissionDenied',
      'web pages cannot use /api/ unless NEWSWIRE_API_KEY is set',
    );
    return { headers: ['origin'], refuse: ({ origin }) => (origin ? refusal : undefined) };
  }
  const refusal = errorReply(401, 'unauthorized', 'X-API-Key is missing or wrong');
  const expected = digest(apiKey);
  // Comparing digests takes equally long for a wrong key and for the right one.
  const isRight = (key: string) => timingSafeEqual(digest(key), expected);
  return {
    headers: ['x-api-key', 'authorization'],
    refuse: (headers) => (isRight(readKey(headers)) ? undefined : refusal),
  };
}

function readKey(headers: RequestHeaders): string {
  return headers['x-api-key'] || (headers['authorization'] ?? '').replace(/^apikey /i, '');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
