import {
  errorReply,
  type HttpReply,
  type StreamEndpoint,
  type StreamFraming,
  type StreamOpening,
} from '@newswire/transport';
import {
  buildRefusal,
  eventStreamRefusal,
  hasNextUpstream,
  jsonRefusal,
  NEXT_UPSTREAM_HEADER,
} from '../refusal.js';
import { centrifugeProtobufProtocol } from '../centrifuge-protobuf/protocol.js';
import type { StreamOptions } from '../protocol-module.js';

/** Server-sent events, one for each frame. */
export const eventFraming: StreamFraming = {
  contentType: 'text/event-stream',
  isShared: true,
  frame: (frame) => `data: ${String(frame).replaceAll('\n', '\ndata: ')}\n\n`,
  refusal: (code, reason) => eventStreamRefusal(buildRefusal(code, reason), false),
};

/** One reply or push per line. */
export const lineFraming: StreamFraming = {
  contentType: 'application/json',
  isShared: true,
  frame: (frame) => `${String(frame)}\n`,
  refusal: (code, reason) => jsonRefusal(buildRefusal(code, reason)),
};

/** Replies and pushes in Protobuf, each after its length. */
export const bytesFraming: StreamFraming = {
  contentType: 'application/octet-stream',
  isShared: true,
  frame: (frame) => frame,
  refusal: (code, reason) => jsonRefusal(buildRefusal(code, reason)),
};

/**
 * Centrifuge's protocol in streaming HTTP responses, for networks in which WebSockets do not work. The
 * request carries the `connect` command; later commands arrive at `/emulation`.
 */
export function centrifugeStreams({
  refuse,
  maxFrameBytes,
  handleOpen,
  handleOpenAs,
}: StreamOptions) {
  const openProtobuf = handleOpenAs(centrifugeProtobufProtocol);
  const sse: StreamEndpoint = {
    method: 'GET',
    path: '/connection/sse',
    transport: 'sse',
    isOneWay: false,
    headers: [NEXT_UPSTREAM_HEADER],
    handleOpen,
    accept: ({ query, headers }) => {
      const refusal = refuse();
      if (refusal !== undefined) return eventStreamRefusal(refusal, hasNextUpstream(headers));
      const connect = new URLSearchParams(query).get('cf_connect') ?? '';
      return opening(eventFraming, connect, '?cf_connect= must be the connect command');
    },
  };
  const httpStream: StreamEndpoint = {
    method: 'POST',
    path: '/connection/http_stream',
    transport: 'http_stream',
    isOneWay: false,
    maxBodyBytes: maxFrameBytes,
    acceptsBytes: true,
    handleOpen,
    accept: ({ body, bytes }) => {
      const refusal = refuse();
      if (refusal !== undefined) return jsonRefusal(refusal);
      const hint = 'the body must be the connect command';
      if (bytes === undefined) return opening(lineFraming, body, hint);
      return bytes.length === 0
        ? errorReply(400, 'badRequest', hint)
        : { framing: bytesFraming, firstFrame: bytes, handleOpen: openProtobuf };
    },
  };
  return [sse, httpStream];
}

function opening(
  framing: StreamOpening['framing'],
  firstFrame: string,
  hint: string,
): StreamOpening | HttpReply {
  if (firstFrame.trim() === '') return errorReply(400, 'badRequest', hint);
  return { framing, firstFrame };
}
