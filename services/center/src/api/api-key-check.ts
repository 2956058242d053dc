import { createHash, timingSafeEqual } from 'node:crypto';
import { errorReply, type HttpReply } from '@newswire/transport';

export interface ApiKeyCheckOptions {
  /** Undefined: no key is asked for. */
  readonly apiKey: string | undefined;
  /** Set where the API must stay closed: the sentence that says why and what to do. */
  readonly closedBecause: string | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** Who may use the API. */
export interface ApiKeyCheck {
  /** The request headers it reads, in lower case. */
  readonly headers: readonly string[];
  /** An answer where the request is refused: 401, or 403 for a page in a browser. */
  refuse(headers: Headers): HttpReply | undefined;
}

/**
 * With a key, whoever has it. Without one, whoever reaches this machine's loopback address, but no
 * page in a browser: those that anybody wrote reach it too. Browsers name a page's origin in every
 * POST, and let it take no part in that header; programs send none.
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
      'pages in a browser may not use /api/ while no NEWSWIRE_API_KEY is set',
    );
    return { headers: ['origin'], refuse: ({ origin }) => (origin ? refusal : undefined) };
  }
  const refusal = errorReply(401, 'unauthorized', 'X-API-Key is missing or wrong');
  const expected = digest(apiKey);
  // Digests take as long to compare for a wrong key as for the right one.
  const isRight = (key: string) => timingSafeEqual(digest(key), expected);
  return {
    headers: ['x-api-key', 'authorization'],
    refuse: (headers) => (isRight(keyOf(headers)) ? undefined : refusal),
  };
}

function keyOf(headers: Headers): string {
  return headers['x-api-key'] || (headers['authorization'] ?? '').replace(/^apikey /i, '');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
