import type { Frame } from '@newswire/protocol';
import type { ProtocolModule } from '../protocol-module.js';
import { emulationRoute } from './emulation.js';
import { negotiateJson } from './negotiation.js';
import { centrifugeProtocol } from './protocol.js';
import { centrifugeStreams } from './streams.js';

/**
 * Over WebSocket, on a path of its own and on `/ws`, and in HTTP streams. The endpoints of HTTP
 * streams serve the Protobuf encoding too.
 */
export const centrifuge: ProtocolModule = {
  protocol: centrifugeProtocol,
  webSockets: [
    { path: '/connection/websocket', negotiate: negotiateJson },
    { path: '/ws', negotiate: negotiateJson, recognizes: isObject },
  ],
  streams: centrifugeStreams,
  routes: (options) => [emulationRoute(options)],
};

/** Of the protocols of `/ws`, only Centrifuge's has frames that begin with a brace. */
function isObject(frame: Frame): boolean {
  return typeof frame === 'string' && frame.startsWith('{');
}
