import type { Frame } from '@newswire/protocol';
import type { Connection, ConnectionHandler, Origin } from './connection.js';
import type { HttpReply, HttpRequest } from './http.js';

/** Encodes frames for the body of an HTTP response. */
export interface StreamFraming {
  readonly contentType: string;
  /**
   * Whether many connections share this framing. A publication is then framed once for all of them.
   */
  readonly isShared: boolean;
  /** The frame in the form that it has in the body; an empty one sends nothing. */
  frame(frame: Frame): Frame;
  /** The reply if the connection closes with this code before anything was sent on it. */
  refusal(code: number, reason: string): HttpReply;
}

/** How an accepted stream begins. */
export interface StreamOpening {
  readonly framing: StreamFraming;
  /** Handled as the client's first frame. */
  readonly firstFrame: Frame;
  /** In place of the endpoint's, if the request has chosen another protocol. */
  readonly handleOpen?: StreamEndpoint['handleOpen'];
}

/**
 * A path with streaming responses: the connection is the response's body. Its clients cannot send
 * anything more on it.
 */
export interface StreamEndpoint {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly transport: Exclude<Origin['transport'], 'websocket'>;
  /** A longer body gets a 413. Default 0. */
  readonly maxBodyBytes?: number;
  /** Whether a body of the type `application/octet-stream` may be any bytes. Others are text. */
  readonly acceptsBytes?: true;
  /** Names of request headers to pass on, in lower case. */
  readonly headers?: readonly string[];
  /** Whether taking bytes is the only sign of life that its clients can give. */
  readonly isOneWay: boolean;
  /** A reply refuses the request. */
  accept(request: HttpRequest): StreamOpening | HttpReply;
  handleOpen(connection: Connection, origin: Origin): ConnectionHandler;
}
