import { ERRORS, isRecord, ProtocolError, rawMember } from '@newswire/protocol';
import { errorReply, jsonReply, type HttpReply, type HttpRoute } from '@newswire/transport';
import type { ApiMethod, ApiParts } from './api-method.js';
import { createApiKeyCheck, type ApiKeyCheckOptions } from './api-key-check.js';
import { stringifyResult } from './json-text.js';
import { openApiText } from './openapi.js';
import type { MethodName } from './shapes/index.js';
import { createBatch } from './batch.js';
import { createPublishing } from './publish.js';
import { createReading } from './reading.js';
import { createSessionMethods } from './sessions.js';

export interface HttpApiOptions extends ApiKeyCheckOptions {
  readonly methods: ReadonlyMap<MethodName, ApiMethod>;
  readonly maxDataBytes: number;
  readonly onResult: () => void;
  readonly onError: (method: string, code: number) => void;
}

/** A header that Centrifugo's libraries send: `transport` requests errors as HTTP statuses. */
const ERROR_MODE = 'x-centrifugo-error-mode';

/**
 * `POST /api/<method>`: 200 with `{"result":…}` (`{"replies":…}` of a batch) or
 * `{"error":{code,message}}`; with `X-Centrifugo-Error-Mode: transport` errors have an HTTP status
 * too. Faults of the HTTP request itself always have one: 400, 401, 403, 405, 413, 415, 501.
 *
 * `POST /api` takes the method's name from the body, as Centrifugo 4 and earlier.
 *
 * `GET /api/openapi.json` is open to all: it describes the API and contains no data.
 */
export function apiRoutes(options: HttpApiOptions): HttpRoute[] {
  const apiKeyCheck = createApiKeyCheck(options);
  const document: HttpReply = { status: 200, body: openApiText() };
  const methods = [...options.methods].map(([name, method]): HttpRoute => ({
    method: 'POST',
    path: `/api/${name}`,
    maxBodyBytes: computeMaxBodyBytes(name, options.maxDataBytes),
    // Reading a header costs a call into the server, so only those that apiKeyCheck needs are read.
    headers: [ERROR_MODE, ...apiKeyCheck.headers],
    handle: ({ body, headers }) =>
      apiKeyCheck.refuse(headers) ??
      answer(name, { method, body, hasStatuses: headers[ERROR_MODE] === 'transport' }, options),
  }));
  const single: HttpRoute = {
    method: 'POST',
    path: '/api',
    maxBodyBytes: computeMaxBodyBytes('batch', options.maxDataBytes),
    headers: [ERROR_MODE, ...apiKeyCheck.headers],
    handle: ({ body, headers }) =>
      apiKeyCheck.refuse(headers) ??
      answerSingle({ body, hasStatuses: headers[ERROR_MODE] === 'transport' }, options),
  };
  const description: HttpRoute = {
    method: 'GET',
    path: '/api/openapi.json',
    handle: () => document,
  };
  return [...methods, single, description];
}

/** The form of Centrifugo 4 and earlier: `{"method":"publish","params":{…}}`. */
async function answerSingle(
  { body, hasStatuses }: Omit<ApiCall, 'method'>,
  options: HttpApiOptions,
): Promise<HttpReply> {
  const { onError } = options;
  const command = parseJson(body);
  if (!isRecord(command)) {
    onError('unknown', 107);
    return errorReply(400, 'badRequest', 'the body must be {"method":"…","params":{…}}');
  }
  const name = command['method'] as MethodName;
  const method = options.methods.get(name);
  if (method === undefined) {
    onError('unknown', 104);
    const error = new ProtocolError('methodNotFound');
    return jsonReply(hasStatuses ? ERRORS.methodNotFound.status : 200, { error: error.toBody() });
  }
  const params = rawMember(body, 'params');
  const text = params === undefined || params === 'null' ? '{}' : params;
  return answer(name, { method, body: text, hasStatuses }, options);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface ApiCall {
  readonly method: ApiMethod;
  readonly body: string;
  readonly hasStatuses: boolean;
}

async function answer(
  name: MethodName,
  { method, body, hasStatuses }: ApiCall,
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
    const result = stringifyResult(await method(params, body));
    onResult();
    return { status: 200, body: name === 'batch' ? result : `{"result":${result}}` };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    onError(name, error.code);
    return jsonReply(hasStatuses ? ERRORS[error.kind].status : 200, { error: error.toBody() });
  }
}

/** The server API's methods by name. */
export function createApi(parts: ApiParts): Map<MethodName, ApiMethod> {
  const single: Record<Exclude<MethodName, 'batch'>, ApiMethod> = {
    ...createPublishing(parts),
    ...createSessionMethods(parts),
    ...createReading(parts),
  };
  const methods = new Map(Object.entries(single) as [MethodName, ApiMethod][]);
  return new Map(methods).set('batch', createBatch(methods, parts));
}

/** Room for names, keys and tags, in addition to the data. */
const BESIDE_DATA = 32_768;

/** Room for a thousand channel names. */
const BROADCAST_NAMES = 262_144;

/** With the default settings, the limit of Nginx. */
const BATCH_ROOM = 1_572_864;

/** Maximum bytes of a method's request. JSON may escape each byte of the data as six bytes. */
export function computeMaxBodyBytes(method: MethodName, maxDataBytes: number): number {
  const one = maxDataBytes * 6 + BESIDE_DATA;
  if (method === 'batch') return one + BATCH_ROOM;
  return method === 'broadcast' ? one + BROADCAST_NAMES : one;
}
