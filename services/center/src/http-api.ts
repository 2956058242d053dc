import { createHash, timingSafeEqual } from 'node:crypto';
import { ProtocolError, type ErrorKind } from '@newswire/protocol';
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

/** Centrifugo's header, whose libraries send it: `transport` asks for errors as HTTP statuses. */
const ERROR_MODE = 'x-centrifugo-error-mode';

/** The statuses of errors in transport mode. */
const STATUSES: Readonly<Record<ErrorKind, number>> = {
  internal: 503,
  unauthorized: 401,
  unknownChannel: 404,
  permissionDenied: 403,
  methodNotFound: 404,
  alreadySubscribed: 400,
  limitExceeded: 400,
  badRequest: 400,
  notAvailable: 404,
  tokenExpired: 400,
  expired: 400,
  tooManyRequests: 429,
  unrecoverablePosition: 416,
  concurrentPagination: 429,
};

/**
 * `POST /api/<method>`: 200 with `{"result":…}` or `{"error":{code,message}}`; with
 * `X-Centrifugo-Error-Mode: transport` errors have an HTTP status too. What is wrong with the request
 * as such always has one: 400, 401, 405, 413.
 */
export function apiRoutes(options: HttpApiOptions): HttpRoute[] {
  return [...options.methods].map(([name, method]) => ({
    method: 'POST',
    path: `/api/${name}`,
    maxBodyBytes: options.maxBodyBytes,
    // Each costs a call into the server: the key is not read where none is asked for.
    headers:
      options.apiKey === undefined ? [ERROR_MODE] : [ERROR_MODE, 'x-api-key', 'authorization'],
    handle: ({ body, headers }) =>
      refusalOf(headers, options) ??
      answer(name, { method, body, hasStatuses: headers[ERROR_MODE] === 'transport' }, options),
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

interface Call {
  readonly method: ApiMethod;
  readonly body: string;
  readonly hasStatuses: boolean;
}

async function answer(
  name: string,
  { method, body, hasStatuses }: Call,
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
    return jsonReply(hasStatuses ? STATUSES[error.kind] : 200, { error: error.toBody() });
  }
}
