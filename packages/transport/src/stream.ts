import type { Connection, ConnectionHandler, Origin } from './connection.js';
import type { HttpReply, HttpRequest } from './http.js';

/** How frames look in the body of an HTTP answer. */
export interface StreamFraming {
  readonly contentType: string;
  /** Whether it is one and the same for many connections: then a publication is framed once for them all. */
  readonly isShared: boolean;
  /** The frame as it goes into the body; '' to send nothing. */
  frame(text: string): string;
  /** The answer where a connection is closed with this code before anything was sent on it. */
  refusal(code: number, reason: string): HttpReply;
}

/** How a connection begins, once its request is accepted. */
export interface StreamOpening {
  readonly framing: StreamFraming;
  /** What stands for the client's first frame. */
  readonly firstFrame: string;
}

/**
 * A path whose answers do not end: the connection is the answer's body. Its clients have no way to
 * send anything more on it.
 */
export interface StreamEndpoint {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly transport: Exclude<Origin['transport'], 'websocket'>;
  /** A longer body is answered 413. Default 0. */
  readonly maxBodyBytes?: number;
  /** Names of request headers to hand over, in lower case. */
  readonly headers?: readonly string[];
  /** Whether taking what is sent is the only sign of life that its clients can give. */
  readonly isOneWay: boolean;
  /** An answer refuses the request. */
  accept(request: HttpRequest): StreamOpening | HttpReply;
  handleOpen(connection: Connection, origin: Origin): ConnectionHandler;
}
