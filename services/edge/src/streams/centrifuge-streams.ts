import type { HttpReply, StreamEndpoint, StreamOpening } from '@newswire/transport';
import { errorReply } from '@newswire/transport';
import {
  eventStreamRefusal,
  hasNextUpstream,
  jsonRefusal,
  NEXT_UPSTREAM_HEADER,
  type Refusal,
} from './refusal.js';
import { eventFraming, lineFraming } from './stream-framings.js';

/** The options that both endpoints share. */
export type StreamParts = Pick<StreamEndpoint, 'handleOpen'> & {
  /** Called before each connection. Returns a refusal while this edge accepts none. */
  readonly refuse: () => Refusal | undefined;
  readonly maxFrameBytes: number;
};

/**
 * Centrifuge's wire in streaming HTTP responses, for networks in which WebSockets do not work. The
 * request carries the `connect` command; later commands arrive at `/emulation`.
 */
export function centrifugeStreams({ refuse, maxFrameBytes, handleOpen }: StreamParts) {
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
      return opening(eventFraming, connect, 'the connect command stands in ?cf_connect=');
    },
  };
  const httpStream: StreamEndpoint = {
    method: 'POST',
    path: '/connection/http_stream',
    transport: 'http_stream',
    isOneWay: false,
    maxBodyBytes: maxFrameBytes,
    handleOpen,
    accept: ({ body }) => {
      const refusal = refuse();
      if (refusal !== undefined) return jsonRefusal(refusal);
      return opening(lineFraming, body, 'the connect command is the body');
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
