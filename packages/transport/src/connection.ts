import type { Frame } from '@newswire/protocol';
import type { HttpReply } from './http.js';

/** A session's view of its client's socket. */
export interface Connection {
  /** Unique in this process. */
  readonly id: number;
  /** Whether the client receives the close code. */
  readonly hasCloseCodes: boolean;
  /**
   * Sends frames; several frames leave together. Bytes must not change after that. Does nothing once
   * the connection is closed.
   */
  send(...frames: readonly Frame[]): void;
  /** Closes the connection with a close code, after the frames that were sent before. */
  close(code: number, reason: string): void;
  /** Unsent bytes: those passed to `send` or a topic that the kernel has not taken yet. 0 once closed. */
  bufferedBytes(): number;
  /** Starts to receive what is published on the topic. */
  join(topic: string): void;
  /** Stops receiving what is published on the topic. */
  leave(topic: string): void;
  /** Sends the transport's own ping, if it has one. */
  ping(): void;
}

/** The facts about a connection that are known before the client has sent a frame. */
export interface Origin {
  /** The client's address: from X-Real-IP if a trusted proxy sent it, otherwise the socket's. */
  readonly address: string;
  readonly transport:
    'websocket' | 'sse' | 'http_stream' | 'plain_sse' | 'uni_sse' | 'uni_http_stream';
  /** The request headers that the server keeps, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Handles the events of a socket. No method is called after `handleClose`. */
export interface ConnectionHandler {
  /** The client sent a message. Bytes are valid during the call only. */
  handleFrame(frame: Frame): void;
  /** The client sent a message over the endpoint's limit. Its content is dropped. */
  handleTooLong(): void;
  /** The client is alive, for example because it sent a ping or a pong. */
  handlePong(): void;
  /** The kernel has taken bytes that it did not take at first. */
  handleDrain(): void;
  handleClose(code: number): void;
}

/** A client's request to open a WebSocket. */
export interface Handshake {
  /** The names in Sec-WebSocket-Protocol, in the client's order. */
  readonly subprotocols: readonly string[];
  /** The URL's path, still encoded. */
  readonly path: string;
  /** The part of the URL after the `?`, still encoded. */
  readonly query: string;
}

/** How an accepted WebSocket begins. */
export interface WebSocketOpening {
  /** The offered subprotocol that the response names; '' names none. */
  readonly subprotocol: string;
  handleOpen(connection: Connection, origin: Origin): ConnectionHandler;
}

/** One WebSocket path. */
export interface WebSocketEndpoint {
  /**
   * A longer message is reported by `handleTooLong`. If a message is more than twice as long,
   * uWebSockets.js cuts off the connection without a close frame.
   */
  readonly maxFrameBytes: number;
  /** Called before each upgrade. A reply refuses it. */
  accept(handshake: Handshake): WebSocketOpening | HttpReply;
}

let lastConnectionId = 0;

/** The `id` of the next connection of this process. */
export function nextConnectionId(): number {
  return ++lastConnectionId;
}
