import { isUtf8 } from 'node:buffer';
import type * as Uws from 'uWebSockets.js';
import {
  errorReply,
  type HttpHandler,
  type HttpReply,
  type HttpRequest,
  type HttpRoute,
} from './http.js';
import { corsHeaders, type Visitors } from './visitors-uws.js';

const STATUS_LINES: Readonly<Record<number, string>> = {
  204: '204 No Content',
  400: '400 Bad Request',
  401: '401 Unauthorized',
  403: '403 Forbidden',
  404: '404 Not Found',
  405: '405 Method Not Allowed',
  413: '413 Payload Too Large',
  416: '416 Range Not Satisfiable',
  426: '426 Upgrade Required',
  429: '429 Too Many Requests',
  500: '500 Internal Server Error',
  503: '503 Service Unavailable',
};

const NO_HEADERS = {};

/** Called with whatever a handler threw; the client is answered 500. */
export type FaultHandler = (error: unknown) => void;

/** How many requests have begun and not been answered. */
export interface OpenRequests {
  open: number;
}

/**
 * Serves one request: reads its body, runs the handler, answers. A request that is cut off on the
 * way is forgotten: its handler never runs, or its answer is dropped.
 */
export function serve(
  route: HttpRoute,
  requests: OpenRequests,
  visitors: Visitors,
  onFault: FaultHandler,
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
): void {
  const refusal = route.isForPages ? visitors.refuse(request) : undefined;
  if (refusal !== undefined) return writeReply(response, refusal);
  const cors = route.isForPages ? corsHeaders(request) : NO_HEADERS;
  const exchange = new Exchange(response, cors, requests, onFault);
  // uWebSockets.js' request is gone once this function returns: read what is asked for now.
  const query = route.method === 'GET' ? (request.getQuery() ?? '') : '';
  const headers = readHeaders(route.headers, request);
  const run = (body: string) => exchange.run(route.handle, { query, headers, body });
  if (route.method === 'GET') return run('');
  const reader = new BodyReader(route.maxBodyBytes ?? 0);
  response.onData((chunk, isLast) => {
    if (exchange.isOver) return;
    const tooMuch = reader.add(chunk, isLast);
    if (tooMuch !== undefined) exchange.answer(tooMuch);
    else if (isLast) run(reader.text);
  });
}

export function readHeaders(names: readonly string[] | undefined, request: Uws.HttpRequest) {
  if (names === undefined || names.length === 0) return NO_HEADERS;
  const headers: Record<string, string> = {};
  for (const name of names) headers[name] = request.getHeader(name);
  return headers;
}

/** Collects a body. One that arrives in a single piece, as most do, is never copied as bytes. */
export class BodyReader {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  text = '';

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** An answer where the body is refused. After the last chunk `text` holds the whole. */
  add(chunk: ArrayBuffer, isLast: boolean): HttpReply | undefined {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#maxBytes) {
      // What follows of this body would be read as the next request: say it was the last one.
      return errorReply(413, 'limitExceeded', `a body has at most ${this.#maxBytes} bytes`, {
        Connection: 'close',
      });
    }
    if (!isLast) {
      this.#chunks.push(Buffer.from(chunk.slice(0)));
      return undefined;
    }
    const last = Buffer.from(chunk);
    const body = this.#chunks.length === 0 ? last : Buffer.concat([...this.#chunks, last]);
    if (!isUtf8(body)) return errorReply(400, 'badRequest', 'the body is not valid UTF-8');
    this.text = body.toString('utf8');
    return undefined;
  }
}

/** One request's answer: given once at most, and never after the client has gone. */
class Exchange {
  readonly #response: Uws.HttpResponse;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #requests: OpenRequests;
  readonly #onFault: FaultHandler;
  isOver = false;

  constructor(
    response: Uws.HttpResponse,
    headers: Readonly<Record<string, string>>,
    requests: OpenRequests,
    onFault: FaultHandler,
  ) {
    this.#response = response;
    this.#headers = headers;
    this.#requests = requests;
    this.#onFault = onFault;
    requests.open++;
    response.onAborted(() => this.#end());
  }

  run(handle: HttpHandler, request: HttpRequest): void {
    try {
      const reply = handle(request);
      if (reply instanceof Promise) {
        reply.then(
          (settled) => this.answer(settled),
          (error: unknown) => this.#fault(error),
        );
      } else {
        this.answer(reply);
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  answer(reply: HttpReply): void {
    if (!this.#end()) return;
    writeReply(this.#response, reply, this.#headers);
  }

  /** False if it had ended before. */
  #end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.#requests.open--;
    return true;
  }

  #fault(error: unknown): void {
    this.#onFault(error);
    this.answer(errorReply(500, 'internal', 'see the log'));
  }
}

/** `more`: headers beside the reply's own. */
export function writeReply(
  response: Uws.HttpResponse,
  { status, headers, body }: HttpReply,
  more: Readonly<Record<string, string>> = NO_HEADERS,
): void {
  response.cork(() => {
    if (status !== 200) response.writeStatus(STATUS_LINES[status] ?? String(status));
    if (headers?.['Content-Type'] === undefined && body !== '') {
      response.writeHeader('Content-Type', 'application/json');
    }
    for (const name in more) response.writeHeader(name, more[name] ?? '');
    for (const name in headers) response.writeHeader(name, headers[name] ?? '');
    // A 204 has no Content-Length, and nothing but no arguments at all leaves it out.
    if (status === 204) response.endWithoutBody();
    else response.end(body, headers?.['Connection'] === 'close');
  });
}
