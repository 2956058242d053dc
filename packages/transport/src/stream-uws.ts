import type * as Uws from 'uWebSockets.js';
import { errorReply, type HttpReply, type HttpRequest } from './http.js';
import { answerEarly, readHeaders, writeReply, type ServeContext } from './http-uws.js';
import { NO_BODY, type RequestBody } from './body-reader.js';
import { drainBody, encodingRefusal, endlessBody, hasBody, readBody } from './request-body-uws.js';
import { StreamConnection, streamHeaders } from './stream-connection-uws.js';
import type { StreamEndpoint } from './stream.js';
import type { Streams } from './streams.js';

/**
 * Serves one request whose response is a connection. `isHead`: sends only the headers of a GET's
 * response, as far as they are known before a connection opens.
 */
export function serveStream(
  endpoint: StreamEndpoint,
  streams: Streams,
  { originChecker, onFault }: Pick<ServeContext, 'originChecker' | 'onFault'>,
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
  isHead = false,
): void {
  const { refusal, headers: cors } = originChecker.checkPage(request);
  if (refusal !== undefined) return answerEarly(response, request, refusal, { isHead });
  // uWebSockets.js' request is invalid after this function returns, so it is read now.
  const origin = originChecker.originOf(endpoint.transport, response, request);
  const encoding = endpoint.method === 'POST' ? encodingRefusal(request) : undefined;
  if (encoding !== undefined) return answerEarly(response, request, encoding, { headers: cors });
  const asked = {
    query: request.getQuery() ?? '',
    headers: readHeaders(endpoint.headers, request),
  };
  let isOver = false;
  response.onAborted(() => (isOver = true));

  const answer = (reply: HttpReply, mustClose = false) => {
    if (isOver) return;
    isOver = true;
    writeReply(response, reply, { headers: cors, isHead, mustClose });
  };
  const open = (body: RequestBody) => {
    const accepted = attempt(endpoint, { ...asked, ...body }, onFault);
    if ('status' in accepted) return answer(accepted);
    const { framing, firstFrame } = accepted;
    if (isHead) return writeStreamHead(response, { ...streamHeaders(framing), ...cors });
    const { isOneWay } = endpoint;
    const connection = new StreamConnection({
      response,
      framing,
      streams,
      isOneWay,
      headers: cors,
    });
    const handler =
      accepted.handleOpen?.(connection, origin) ?? endpoint.handleOpen(connection, origin);
    if (connection.attach(handler)) handler.handleFrame(firstFrame);
  };

  if (endpoint.method === 'POST') {
    readBody(response, request, endpoint, { handleBody: open, handleRefusal: answer });
  } else if (hasBody(request)) {
    drainBody(response, (isWhole) => (isWhole ? open(NO_BODY) : answer(endlessBody(), true)));
  } else {
    open(NO_BODY);
  }
}

function writeStreamHead(
  response: Uws.HttpResponse,
  headers: Readonly<Record<string, string>>,
): void {
  response.cork(() => {
    for (const name in headers) response.writeHeader(name, headers[name] ?? '');
    response.endWithoutBody();
  });
}

function attempt(endpoint: StreamEndpoint, request: HttpRequest, onFault: ServeContext['onFault']) {
  try {
    return endpoint.accept(request);
  } catch (error) {
    onFault(error);
    return errorReply(500, 'internal', 'see the log');
  }
}
