import {
  findStatus,
  ProtocolError,
  type ErrorBody,
  type Frame,
  type Position,
} from '@newswire/protocol';
import {
  errorReply,
  type HttpReply,
  type HttpRequest,
  type StreamEndpoint,
  type StreamFraming,
} from '@newswire/transport';
import {
  buildRefusal,
  eventStreamRefusal,
  hasNextUpstream,
  NEXT_UPSTREAM_HEADER,
  RETRY_MS,
} from '../refusal.js';
import {
  plainSseChannels,
  plainSseRequest,
  readBlocks,
  readEventId,
  toEventId,
  plainSseProtocol,
} from './codec.js';
import type { ProtocolModule, StreamOptions } from '../protocol-module.js';

/** The last frame, the ids before and after it, and the events that it became. */
interface LastEvents {
  frame: string;
  before: string;
  after: string;
  text: string;
  positions: readonly [channel: string, position: Position][];
}

/**
 * Shared by all plain SSE connections. Live connections on the same channels are at the same
 * positions, so their events have the same text. It is made for the first of them only.
 */
export class PlainSseMemory {
  last: LastEvents | undefined;
}

/**
 * Frames one client's events. The id of each event holds the client's positions on all its channels
 * after that event. `id:` and `data:` are in one event, so a connection that is cut between them
 * loses and repeats nothing. Nothing is sent before all channels have begun, because until then an
 * error can be an HTTP status. Then an event `subscribed` names the channels.
 */
export class PlainSseFraming implements StreamFraming {
  readonly contentType = 'text/event-stream';
  readonly isShared = false;
  readonly #memory: PlainSseMemory;
  readonly #positions: Map<string, Position>;
  readonly #awaited: Set<string>;
  readonly #hasNextUpstream: boolean;
  #id: string;
  #isConnected = false;
  #held: string | undefined = `retry: ${RETRY_MS}\n\n`;
  #error: ErrorBody | undefined;

  /**
   * `positions`: the client's last positions; those on other channels are ignored.
   * `hasNext`: a proxy tries another edge after a 503.
   */
  constructor(
    channels: readonly string[],
    positions: ReadonlyMap<string, Position>,
    memory: PlainSseMemory,
    hasNext = false,
  ) {
    const known = [...positions].filter(([channel]) => channels.includes(channel));
    this.#positions = new Map(known);
    this.#awaited = new Set(channels);
    this.#memory = memory;
    this.#hasNextUpstream = hasNext;
    this.#id = toEventId(this.#positions);
  }

  frame(frame: Frame): string {
    const blocks = String(frame);
    if (this.#held === undefined) return this.#remembered(blocks);
    this.#held += this.#events(blocks).text;
    if (!this.#isConnected || this.#awaited.size > 0) return '';
    const text = this.#held;
    this.#held = undefined;
    // Some libraries keep an id only if it comes with an event.
    const channels = [...this.#positions.keys()].join('|');
    return `${text}id: ${this.#id}\nevent: subscribed\ndata: ${channels}\n\n`;
  }

  refusal(code: number, reason: string): HttpReply {
    const error = this.#error;
    const refusal =
      error === undefined ? buildRefusal(code, reason) : { status: findStatus(error.code), error };
    return eventStreamRefusal(refusal, this.#hasNextUpstream);
  }

  #remembered(frame: string): string {
    const { last } = this.#memory;
    const before = this.#id;
    if (last !== undefined && last.frame === frame && last.before === before) {
      for (const [channel, position] of last.positions) this.#positions.set(channel, position);
      this.#id = last.after;
      return last.text;
    }
    const { text, positions } = this.#events(frame);
    this.#memory.last = { frame, before, after: this.#id, text, positions };
    return text;
  }

  #events(frame: string): Pick<LastEvents, 'text' | 'positions'> {
    const positions: [string, Position][] = [];
    let text = '';
    for (const block of readBlocks(frame)) {
      switch (block.type) {
        case 'connected':
          this.#isConnected = true;
          break;
        case 'heartbeat':
          text += ':\n\n';
          break;
        case 'error':
          this.#error = JSON.parse(block.body) as ErrorBody;
          break;
        case 'position': {
          const { channel, offset, fields } = block;
          const epoch = block.epoch ?? this.#positions.get(channel)?.epoch ?? '';
          const position = { offset, epoch };
          positions.push([channel, position]);
          this.#positions.set(channel, position);
          this.#awaited.delete(channel);
          this.#id = toEventId(this.#positions);
          if (fields !== '') text += `id: ${this.#id}\n${fields}\n\n`;
          else if (this.#held === undefined) text += `id: ${this.#id}\n\n`;
        }
      }
    }
    return { text, positions };
  }
}

/**
 * `GET /sse?channels=77707|77708`: events for `EventSource` and curl. `Last-Event-ID`, or
 * `?last_event_id=`, resumes after the client's last event. A token is in `?token=` or in
 * `Authorization: Bearer`.
 */
export function plainSseEndpoint({
  refuse,
  handleOpen,
}: Pick<StreamOptions, 'refuse' | 'handleOpen'>): StreamEndpoint {
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
    return errorReply(400, error.kind, 'unknown Last-Event-ID');
  }
}

export const plainSse: ProtocolModule = {
  protocol: plainSseProtocol,
  streams: (options) => [plainSseEndpoint(options)],
};
