import type * as Uws from 'uWebSockets.js';
import { errorReply, type HttpReply, type HttpRequest } from './http.js';
import { BodyReader, readHeaders, writeReply, type FaultHandler } from './http-uws.js';
import { StreamConnection } from './stream-connection-uws.js';
import type { StreamEndpoint } from './stream.js';
import type { Streams } from './streams.js';
import { corsHeaders, type Visitors } from './visitors-uws.js';

/** Serves one request whose answer is a connection. */
export function serveStream(
  endpoint: StreamEndpoint,
  streams: Streams,
  visitors: Visitors,
  onFault: FaultHandler,
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
): void {
  const refusal = visitors.refuse(request);
  if (refusal !== undefined) return writeReply(response, refusal);
  // uWebSockets.js' request is gone once this function returns: read what is asked for now.
  const origin = visitors.originOf(endpoint.transport, response, request);
  const cors = corsHeaders(request);
  const asked = {
    query: request.getQuery() ?? '',
    headers: readHeaders(endpoint.headers, request),
  };
  let isOver = false;
  response.onAborted(() => (isOver = true));

  const answer = (reply: HttpReply) => {
    isOver = true;
    writeReply(response, reply, cors);
  };
  const open = (body: string) => {
    const accepted = attempt(endpoint, { ...asked, body }, onFault);
    if ('status' in accepted) return answer(accepted);
    const { framing, firstFrame } = accepted;
    const { isOneWay } = endpoint;
    const connection = new StreamConnection({
      response,
      framing,
      streams,
      isOneWay,
      headers: cors,
    });
    const handler = endpoint.handleOpen(connection, origin);
    if (connection.attach(handler)) handler.handleText(firstFrame);
  };

  if (endpoint.method === 'GET') return open('');
  const reader = new BodyReader(endpoint.maxBodyBytes ?? 0);
  response.onData((chunk, isLast) => {
    if (isOver) return;
    const tooMuch = reader.add(chunk, isLast);
    if (tooMuch !== undefined) answer(tooMuch);
    else if (isLast) open(reader.text);
  });
}

function attempt(endpoint: StreamEndpoint, request: HttpRequest, onFault: FaultHandler) {
  try {
    return endpoint.accept(request);
  } catch (error) {
    onFault(error);
    return errorReply(500, 'internal', 'see the log');
  }
}
