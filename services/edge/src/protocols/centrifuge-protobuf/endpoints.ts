import { negotiateProtobuf } from '../centrifuge/negotiation.js';
import type { ProtocolModule } from '../protocol-module.js';
import { centrifugeProtobufProtocol } from './protocol.js';

/**
 * Over WebSocket, where the handshake names this encoding. Its HTTP streams have the paths of the
 * JSON encoding.
 */
export const centrifugeProtobuf: ProtocolModule = {
  protocol: centrifugeProtobufProtocol,
  webSockets: [
    { path: '/connection/websocket', negotiate: negotiateProtobuf, recognizes: () => false },
    { path: '/ws', negotiate: negotiateProtobuf, recognizes: () => false },
  ],
};
