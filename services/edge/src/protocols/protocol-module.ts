import type { Frame, Protocol } from '@newswire/protocol';
import type { Handshake, HttpRoute, StreamEndpoint } from '@newswire/transport';
import type { EmulationOptions } from './centrifuge/emulation.js';
import type { Refusal } from './refusal.js';

/** All that an edge needs to serve a protocol: the protocol, and the endpoints of its clients. */
export interface ProtocolModule {
  readonly protocol: Protocol;
  readonly webSockets?: readonly WebSocketRoute[];
  /** Endpoints whose connections are HTTP responses. */
  streams?(options: StreamOptions): readonly StreamEndpoint[];
  /** Endpoints for requests that belong to a connection elsewhere. */
  routes?(options: EmulationOptions): readonly HttpRoute[];
}

/** A WebSocket path of a protocol. Several protocols may share a path. */
export interface WebSocketRoute {
  readonly path: string;
  /** The protocol that a handshake names by its subprotocol or query; undefined if it is another. */
  negotiate?(handshake: Handshake): Negotiation | undefined;
  /**
   * Whether a connection whose handshake names no protocol has this one, by its first frame.
   * Without this method, the protocol is the default of the path.
   */
  recognizes?(firstFrame: Frame): boolean;
}

/** The answer to a handshake that names a protocol. */
export interface Negotiation {
  /** The subprotocol that the response names; '' names none. */
  readonly subprotocol: string;
}

export type StreamOptions = Pick<StreamEndpoint, 'handleOpen'> & {
  /** Called before each connection. Returns a refusal while this edge accepts none. */
  readonly refuse: () => Refusal | undefined;
  /** The same for another protocol than the module's. */
  handleOpenAs(protocol: Protocol): StreamEndpoint['handleOpen'];
  readonly maxFrameBytes: number;
};
