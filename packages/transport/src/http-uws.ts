import type * as Uws from 'uWebSockets.js';
import {
  errorReply,
  type HttpHandler,
  type HttpReply,
  type HttpRequest,
  type HttpRoute,
} from './http.js';
import { NO_BODY, type RequestBody } from './body-reader.js';
import { drainBody, encodingRefusal, endlessBody, hasBody, readBody } from './request-body-uws.js';
import type { OriginChecker, PageCheck } from './origin-checker-uws.js';

const STATUS_LINES: Readonly<Record<number, string>> = {
  204: '204 No Content',
  400: '400 Bad Request',
  401: '401 Unauthorized',
  403: '403 Forbidden',
  404: '404 Not Found',
  405: '405 Method Not Allowed',
  413: '413 Payload Too Large',
  415: '415 Unsupported Media Type',
  416: '416 Range Not Satisfiable',
  426: '426 Upgrade Required',
  429: '429 Too Many Requests',
  500: '500 Internal Server Error',
  501: '501 Not Implemented',
  503: '503 Service Unavailable',
};

const NO_HEADERS = {};

/** A route that pages of other hosts may not read: the origin policy does not apply to it. */
const NO_PAGE: PageCheck = { refusal: undefined, headers: NO_HEADERS };

/** Called with an error that a handler threw. The client receives a 500. */
export type FaultHandler = (error: unknown) => void;

/** The number of requests that have begun and have no reply yet. */
export interface OpenRequests {
  open: number;
}

/** The parts that all requests of a server share. */
export interface ServeContext {
  readonly requests: OpenRequests;
  readonly originChecker: OriginChecker;
  readonly onFault: FaultHandler;
}

/**
 * Serves one request: reads its body, runs the handler, sends the reply. If the request is aborted,
 * its handler does not run or its reply is dropped. `isHead`: replies as to a GET, but without the
 * body.
 */
export function serve(
  route: HttpRoute,
  context: ServeContext,
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
  isHead = false,
): void {
  const page = route.isForPages ? context.originChecker.checkPage(request) : NO_PAGE;
  const { refusal, headers: cors } = page;
  if (refusal !== undefined) return answerEarly(response, request, refusal, { isHead });
  const encoding = route.method === 'POST' ? encodingRefusal(request) : undefined;
  if (encoding !== undefined) return answerEarly(response, request, encoding, { headers: cors });
  const exchange = new Exchange(response, { isHead, headers: cors }, context);
  // uWebSockets.js' request is invalid after this function returns, so it is read now.
  const hasQuery = route.method === 'GET' || route.needsUrl === true;
  const query = hasQuery ? (request.getQuery() ?? '') : '';
  const path = route.needsUrl ? request.getUrl() : '';
  const headers = readHeaders(route.headers, request);
  const address = route.needsAddress ? context.originChecker.getAddress(response, request) : '';
  const handleBody = (body: RequestBody) => {
    exchange.run(route.handle, { query, path, headers, ...body, address });
  };
  if (route.method === 'POST') {
    readBody(response, request, route, {
      handleBody,
      handleRefusal: (reply, mustClose) => exchange.answer(reply, mustClose),
    });
  } else if (hasBody(request)) {
    drainBody(response, (isWhole) =>
      isWhole ? handleBody(NO_BODY) : exchange.answer(endlessBody(), true),
    );
  } else {
    handleBody(NO_BODY);
  }
}

/** Sends a reply that does not depend on the request's body, once the body has arrived. */
export function answerEarly(
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
  reply: HttpReply,
  manner: ReplyManner = {},
): void {
  if (!hasBody(request)) return writeReply(response, reply, manner);
  let isOver = false;
  response.onAborted(() => (isOver = true));
  drainBody(response, (isWhole) => {
    if (!isOver) writeReply(response, reply, { ...manner, mustClose: !isWhole });
  });
}

export function readHeaders(names: readonly string[] | undefined, request: Uws.HttpRequest) {
  if (names === undefined || names.length === 0) return NO_HEADERS;
  const headers: Record<string, string> = {};
  for (const name of names) headers[name] = request.getHeader(name);
  return headers;
}

/** One request's reply: sent at most once, and never after the client has disconnected. */
class Exchange {
  readonly #response: Uws.HttpResponse;
  readonly #manner: ReplyManner;
  readonly #context: ServeContext;
  #isOver = false;

  constructor(response: Uws.HttpResponse, manner: ReplyManner, context: ServeContext) {
    this.#response = response;
    this.#manner = manner;
    this.#context = context;
    context.requests.open++;
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

  answer(reply: HttpReply, mustClose = false): void {
    if (!this.#end()) return;
    const manner = mustClose ? { ...this.#manner, mustClose } : this.#manner;
    writeReply(this.#response, reply, manner);
  }

  /** Returns false if it had ended before. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#context.requests.open--;
    return true;
  }

  #fault(error: unknown): void {
    this.#context.onFault(error);
    this.answer(errorReply(500, 'internal', 'see the log'));
  }
}

/** How a reply is written, besides its content. */
export interface ReplyManner {
  /** Headers besides the reply's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The request is a HEAD: its client would read a body as the next response on the connection. */
  readonly isHead?: boolean;
  /** More of the request may arrive, so the connection closes with the reply. */
  readonly mustClose?: boolean;
}

export function writeReply(
  response: Uws.HttpResponse,
  reply: HttpReply,
  manner: ReplyManner = {},
): void {
  const { status, body } = reply;
  const hasNoBody = status === 204 || manner.isHead === true;
  // uWebSockets.js cannot close the connection with a response that has no body.
  if (hasNoBody && manner.mustClose === true) return void response.close();
  response.cork(() => {
    writeHead(response, reply, manner.headers);
    if (!hasNoBody) return response.end(body, manner.mustClose);
    // `endWithoutBody(length)` would make uWebSockets.js end the process.
    if (status !== 204) response.writeHeader('Content-Length', String(Buffer.byteLength(body)));
    return response.endWithoutBody();
  });
}

function writeHead(
  response: Uws.HttpResponse,
  { status, headers, body }: HttpReply,
  more: Readonly<Record<string, string>> = NO_HEADERS,
): void {
  if (status !== 200) response.writeStatus(STATUS_LINES[status] ?? String(status));
  if (headers?.['Content-Type'] === undefined && body !== '') {
    response.writeHeader('Content-Type', 'application/json');
  }
  for (const name in more) response.writeHeader(name, more[name] ?? '');
  for (const name in headers) response.writeHeader(name, headers[name] ?? '');
}
