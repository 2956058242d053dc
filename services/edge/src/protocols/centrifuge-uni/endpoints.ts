import type { StreamEndpoint } from '@newswire/transport';
import { eventFraming, lineFraming } from '../centrifuge/streams.js';
import type { ProtocolModule, StreamOptions } from '../protocol-module.js';
import {
  eventStreamRefusal,
  hasNextUpstream,
  jsonRefusal,
  NEXT_UPSTREAM_HEADER,
} from '../refusal.js';
import { centrifugeUniProtocol } from './protocol.js';

/** Without a request, the client connects as one that has neither a token nor subscriptions. */
const EMPTY_REQUEST = '{}';

function uniStreams({ refuse, maxFrameBytes, handleOpen }: StreamOptions): StreamEndpoint[] {
  const sse = {
    path: '/connection/uni_sse',
    transport: 'uni_sse',
    isOneWay: true,
    headers: [NEXT_UPSTREAM_HEADER],
    handleOpen,
  } as const;
  const acceptSse: (
    connect: string,
    headers: Readonly<Record<string, string>>,
  ) => ReturnType<StreamEndpoint['accept']> = (connect, headers) => {
    const refusal = refuse();
    if (refusal !== undefined) return eventStreamRefusal(refusal, hasNextUpstream(headers));
    return { framing: eventFraming, firstFrame: connect || EMPTY_REQUEST };
  };
  return [
    {
      ...sse,
      method: 'GET',
      accept: ({ query, headers }) =>
        acceptSse(new URLSearchParams(query).get('cf_connect') ?? '', headers),
    },
    {
      ...sse,
      method: 'POST',
      maxBodyBytes: maxFrameBytes,
      accept: ({ body, headers }) => acceptSse(body, headers),
    },
    {
      method: 'POST',
      path: '/connection/uni_http_stream',
      transport: 'uni_http_stream',
      isOneWay: true,
      maxBodyBytes: maxFrameBytes,
      handleOpen,
      accept: ({ body }) => {
        const refusal = refuse();
        if (refusal !== undefined) return jsonRefusal(refusal);
        return { framing: lineFraming, firstFrame: body || EMPTY_REQUEST };
      },
    },
  ];
}

/** Centrifuge's unidirectional endpoints: a connect request, and then pushes only. */
export const centrifugeUni: ProtocolModule = {
  protocol: centrifugeUniProtocol,
  webSockets: [{ path: '/connection/uni_websocket' }],
  streams: uniStreams,
};
