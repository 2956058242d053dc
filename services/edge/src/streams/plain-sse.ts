import { plainSseChannels, plainSseRequest, ProtocolError, readEventId } from '@newswire/protocol';
import { errorReply, type HttpReply, type HttpRequest } from '@newswire/transport';
import type { StreamEndpoint } from '@newswire/transport';
import type { StreamParts } from './centrifuge-streams.js';
import { PlainSseFraming, PlainSseMemory } from './plain-sse-framing.js';
import { eventStreamRefusal, hasNextUpstream, NEXT_UPSTREAM_HEADER } from './refusal.js';

/**
 * `GET /sse?channels=77707|77708`: events for `EventSource` and curl. `Last-Event-ID`, or
 * `?last_event_id=`, resumes after the client's last event. A token is in `?token=` or in
 * `Authorization: Bearer`.
 */
export function plainSse({
  refuse,
  handleOpen,
}: Omit<StreamParts, 'maxFrameBytes'>): StreamEndpoint {
  const memory = new PlainSseMemory();
  return {
    method: 'GET',
    path: '/sse',
    transport: 'plain_sse',
    isOneWay: true,
    headers: ['last-event-id', 'authorization', NEXT_UPSTREAM_HEADER],
    handleOpen,
    accept: (request) => {
      const hasNext = hasNextUpstream(request.headers);
      const refusal = refuse();
      if (refusal !== undefined) return eventStreamRefusal(refusal, hasNext);
      const asked = read(request);
      const channels = plainSseChannels(asked);
      const positions = positionsIn(asked.lastEventId);
      if (!(positions instanceof Map)) return positions;
      const framing = new PlainSseFraming(channels, positions, memory, hasNext);
      return { framing, firstFrame: plainSseRequest(asked) };
    },
  };
}

/**
 * The Last-Event-ID header takes precedence over the query, because a reconnecting `EventSource`
 * repeats its URL.
 */
function read({ query, headers }: HttpRequest) {
  // A channel name may contain a plus, and no value here contains a space.
  const asked = new URLSearchParams(query.replaceAll('+', '%2B'));
  const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1] ?? '';
  return {
    channels: asked.getAll('channels').join('|'),
    token: asked.get('token') ?? bearer,
    lastEventId: headers['last-event-id'] || (asked.get('last_event_id') ?? ''),
  };
}

function positionsIn(lastEventId: string): ReturnType<typeof readEventId> | HttpReply {
  try {
    return readEventId(lastEventId);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return errorReply(400, error.kind, 'the last event id is none that newswire has given');
  }
}
