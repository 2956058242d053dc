import { createHash, timingSafeEqual } from 'node:crypto';
import { ProtocolError } from '@newswire/protocol';
import { errorReply, jsonReply, type HttpReply, type HttpRoute } from '@newswire/transport';
import type { ApiMethod } from './api.js';

export interface HttpApiOptions {
  readonly methods: ReadonlyMap<string, ApiMethod>;
  /** Undefined: no key is asked for. */
  readonly apiKey: string | undefined;
  /** Set where the API must stay closed: the sentence that says why and what to do. */
  readonly closedBecause: string | undefined;
  readonly maxBodyBytes: number;
  readonly onResult: () => void;
  readonly onError: (method: string, code: number) => void;
}

/**
 * `POST /api/<method>`: 200 with `{"result":…}` or `{"error":{code,message}}`. What is wrong with
 * the request as such has an HTTP status of its own: 400, 401, 405, 413.
 */
export function apiRoutes(options: HttpApiOptions): HttpRoute[] {
  return [...options.methods].map(([name, method]) => ({
    method: 'POST',
    path: `/api/${name}`,
    maxBodyBytes: options.maxBodyBytes,
    // Each costs a call into the server: none is read where no key is asked for.
    headers: options.apiKey === undefined ? [] : ['x-api-key', 'authorization'],
    handle: ({ body, headers }) =>
      refusalOf(headers, options) ?? answer(name, method, body, options),
  }));
}

function refusalOf(
  headers: Readonly<Record<string, string>>,
  { apiKey, closedBecause }: HttpApiOptions,
): HttpReply | undefined {
  if (closedBecause !== undefined) return errorReply(401, 'unauthorized', closedBecause);
  if (apiKey === undefined) return undefined;
  const given = headers['x-api-key'] || (headers['authorization'] ?? '').replace(/^apikey /i, '');
  if (isSame(given, apiKey)) return undefined;
  return errorReply(401, 'unauthorized', 'X-API-Key is missing or wrong');
}

/** Takes as long for a wrong key as for the right one. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

async function answer(
  name: string,
  method: ApiMethod,
  body: string,
  { onResult, onError }: HttpApiOptions,
): Promise<HttpReply> {
  let params: unknown;
  try {
    params = JSON.parse(body);
  } catch {
    onError(name, 107);
    return errorReply(400, 'badRequest', 'the body is not valid JSON');
  }
  try {
    const result = await method(params, body);
    onResult();
    return jsonReply(200, { result });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    onError(name, error.code);
    return jsonReply(200, { error: error.toBody() });
  }
}
