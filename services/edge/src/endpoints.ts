import type { Frame, ProtocolChoice } from '@newswire/protocol';
import { type Config, counter, type Registry } from '@newswire/runtime';
import {
  addressList,
  allowedOrigins,
  type Connection,
  type ConnectionHandler,
  type Handshake,
  type HttpReply,
  type Origin,
  type Server,
  type ServerOptions,
  type WebSocketOpening,
} from '@newswire/transport';
import { centrifugeProtocol } from './protocols/centrifuge/protocol.js';
import { plainSseProtocol } from './protocols/plain-sse/codec.js';
import { seedProtocol } from './protocols/seed/codec.js';
import { centrifugeStreams } from './streams/centrifuge-streams.js';
import { plainSse } from './streams/plain-sse.js';
import { jsonRefusal, type Refusal } from './streams/refusal.js';
import { HOOK_SETTINGS, hookHeaderNames } from './access/hooks.js';

/** On `/ws` the first frame selects the protocol: only Centrifuge's frames begin with a brace. */
const WEB_SOCKETS: readonly [path: string, choose: ProtocolChoice][] = [
  ['/ws', (frame) => (isObject(frame) ? centrifugeProtocol : seedProtocol)],
  ['/connection/websocket', () => centrifugeProtocol],
];

function isObject(frame: Frame): boolean {
  return typeof frame === 'string' && frame.startsWith('{');
}

/** An edge, as its endpoints use it. */
export interface EndpointEdge {
  /** Called before each connection. Returns a refusal while this edge accepts none. */
  refuse(): Refusal | undefined;
  /** Creates the session of a connection that has just opened. */
  open(connection: Connection, origin: Origin, choose: ProtocolChoice): EndpointSession;
}

/** A session, as the endpoints use it. */
export interface EndpointSession extends ConnectionHandler {
  close(kind: 'inappropriateProtocol'): void;
}

/** Adds the endpoints for clients to the server: WebSocket and HTTP streams. */
export function addEndpoints(server: Server, edge: EndpointEdge, maxFrameBytes: number): void {
  const refuse = () => edge.refuse();
  const openWith = (choose: ProtocolChoice) => (connection: Connection, origin: Origin) =>
    edge.open(connection, origin, choose);
  const openCentrifuge = openWith(() => centrifugeProtocol);
  const openProtobuf = (connection: Connection, origin: Origin) => {
    const session = openCentrifuge(connection, origin);
    session.close('inappropriateProtocol');
    return session;
  };
  for (const [path, choose] of WEB_SOCKETS) {
    const openUnnamed = openWith(choose);
    const accept = (handshake: Handshake): WebSocketOpening | HttpReply => {
      const refusal = refuse();
      if (refusal !== undefined) return jsonRefusal(refusal);
      const { subprotocol, encoding } = negotiate(handshake);
      if (encoding === undefined) return { subprotocol, handleOpen: openUnnamed };
      return { subprotocol, handleOpen: encoding === 'json' ? openCentrifuge : openProtobuf };
    };
    server.webSocket(path, { maxFrameBytes, accept });
  }
  const streams = centrifugeStreams({ refuse, maxFrameBytes, handleOpen: openCentrifuge });
  for (const endpoint of streams) server.stream(endpoint);
  server.stream(plainSse({ refuse, handleOpen: openWith(() => plainSseProtocol) }));
}

/** The subprotocols of Centrifuge's protocol. */
const JSON_SUBPROTOCOL = 'centrifuge-json';
const PROTOBUF_SUBPROTOCOL = 'centrifuge-protobuf';

/** What a handshake requests. `encoding` is undefined if the handshake names none. */
export interface Negotiation {
  /** The subprotocol that the reply names; '' names none. */
  readonly subprotocol: string;
  readonly encoding: 'json' | 'protobuf' | undefined;
}

const UNNAMED: Negotiation = { subprotocol: '', encoding: undefined };
const JSON_NAMED: Negotiation = { subprotocol: JSON_SUBPROTOCOL, encoding: 'json' };
const PROTOBUF_NAMED: Negotiation = { subprotocol: PROTOBUF_SUBPROTOCOL, encoding: 'protobuf' };
const PROTOBUF_IN_QUERY: Negotiation = { subprotocol: '', encoding: 'protobuf' };

/**
 * Picks the encoding of a Centrifuge connection. JSON wins if both are offered. Protobuf is echoed
 * too, although it is not supported yet: otherwise a client never sees the close code that reports
 * this. Other subprotocols are not echoed, as RFC 6455 requires.
 */
export function negotiate({ subprotocols, query }: Handshake): Negotiation {
  if (subprotocols.includes(JSON_SUBPROTOCOL)) return JSON_NAMED;
  if (subprotocols.includes(PROTOBUF_SUBPROTOCOL)) return PROTOBUF_NAMED;
  return query !== '' && asksForProtobuf(query) ? PROTOBUF_IN_QUERY : UNNAMED;
}

function asksForProtobuf(query: string): boolean {
  const asked = new URLSearchParams(query);
  return [...asked.getAll('format'), ...asked.getAll('cf_protocol')].includes('protobuf');
}

/** The settings of a server for clients. */
export const SERVER_SETTINGS = ['allowedOrigins', 'trustedProxies', ...HOOK_SETTINGS] as const;

/** `registry` receives the counter of refused web pages. */
export function buildServerOptions(
  config: Config<(typeof SERVER_SETTINGS)[number]>,
  registry: Registry,
): ServerOptions {
  const originPolicy = allowedOrigins(config.allowedOrigins);
  const refused = counter(
    registry,
    'newswire_edge_origins_refused_total',
    'Refused requests of web pages whose origin is not allowed.',
  );
  return {
    originPolicy: (origin, host) => {
      const access = originPolicy(origin, host);
      if (access === 'refused') refused.inc();
      return access;
    },
    trustedProxies: addressList(config.trustedProxies),
    keptHeaders: hookHeaderNames(config),
  };
}
