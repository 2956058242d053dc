import type { Frame } from '@newswire/protocol';
import type { Handshake } from '@newswire/transport';
import type { Negotiation, ProtocolModule } from '../protocol-module.js';
import { emulationRoute } from './emulation.js';
import { centrifugeProtocol } from './protocol.js';
import { centrifugeStreams } from './streams.js';

/** The subprotocols of Centrifuge's protocol. */
const JSON_SUBPROTOCOL = 'centrifuge-json';
const PROTOBUF_SUBPROTOCOL = 'centrifuge-protobuf';

const JSON_NAMED: Negotiation = { subprotocol: JSON_SUBPROTOCOL };
const PROTOBUF_NAMED: Negotiation = {
  subprotocol: PROTOBUF_SUBPROTOCOL,
  close: 'inappropriateProtocol',
};
const PROTOBUF_IN_QUERY: Negotiation = { ...PROTOBUF_NAMED, subprotocol: '' };

/** Over WebSocket, on a path of its own and on `/ws`, and in HTTP streams. */
export const centrifuge: ProtocolModule = {
  protocol: centrifugeProtocol,
  webSockets: [
    { path: '/connection/websocket', negotiate },
    { path: '/ws', negotiate, recognizes: isObject },
  ],
  streams: centrifugeStreams,
  routes: (options) => [emulationRoute(options)],
};

/**
 * Picks the encoding of a Centrifuge connection. JSON wins if both are offered. Protobuf is echoed
 * too, although it is not supported yet: otherwise a client never sees the close code that reports
 * this. Other subprotocols are not echoed, as RFC 6455 requires.
 */
export function negotiate({ subprotocols, query }: Handshake): Negotiation | undefined {
  if (subprotocols.includes(JSON_SUBPROTOCOL)) return JSON_NAMED;
  if (subprotocols.includes(PROTOBUF_SUBPROTOCOL)) return PROTOBUF_NAMED;
  return query !== '' && asksForProtobuf(query) ? PROTOBUF_IN_QUERY : undefined;
}

function asksForProtobuf(query: string): boolean {
  const asked = new URLSearchParams(query);
  return [...asked.getAll('format'), ...asked.getAll('cf_protocol')].includes('protobuf');
}

/** Of the protocols of `/ws`, only Centrifuge's has frames that begin with a brace. */
function isObject(frame: Frame): boolean {
  return typeof frame === 'string' && frame.startsWith('{');
}
