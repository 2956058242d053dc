import type { Presence } from '@newswire/broker';
import type { CloseReason, Frame, Protocol } from '@newswire/protocol';
import type { PusherApps } from '@newswire/runtime';
import type { Handshake, HttpRoute, StreamEndpoint } from '@newswire/transport';
import type { Access, SessionOpening } from '../access/access.js';
import type { GetNamespaceOptions } from '../access/channel-rules.js';
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
  negotiate?(handshake: Handshake, services: ProtocolServices): Negotiation | undefined;
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
  /** Opens the connection only to close it, so that the client receives the close code. */
  readonly close?: CloseReason;
  /** Set if the client is connected before its first frame. */
  readonly opening?: SessionOpening;
  /** Default: the protocol of the module. */
  readonly protocol?: Protocol;
}

/** The parts of an edge that a protocol may need to answer a handshake. */
export interface ProtocolServices {
  readonly access: Access;
  readonly getOptions: GetNamespaceOptions;
  /** Undefined: no members are known. */
  readonly presence: Presence | undefined;
  readonly apps: PusherApps;
  readonly maxMessageBytes: number;
  /** Whole milliseconds since any fixed moment. */
  readonly now: () => number;
}

export type StreamOptions = Pick<StreamEndpoint, 'handleOpen'> & {
  /** Called before each connection. Returns a refusal while this edge accepts none. */
  readonly refuse: () => Refusal | undefined;
  /** The same for another protocol than the module's. */
  readonly handleOpenAs: (protocol: Protocol) => StreamEndpoint['handleOpen'];
  readonly maxFrameBytes: number;
};
