import type { HttpReply } from './http.js';

/** All that a session knows of its client's socket. */
export interface Connection {
  /** Unique in this process. */
  readonly id: number;
  /** Whether the client learns the code that the connection was closed with. */
  readonly hasCloseCodes: boolean;
  /** Sends text frames, together where they are many. Does nothing once the connection is closed. */
  send(...frames: readonly string[]): void;
  /** Ends the connection with a close code, after what was sent before. */
  close(code: number, reason: string): void;
  /** Bytes handed over and not yet taken by the kernel; 0 once closed. Costs tens of ns. */
  bufferedBytes(): number;
  /** From now on gets what is published on the topic. */
  join(topic: string): void;
  /** No longer gets it. */
  leave(topic: string): void;
  /** Asks the peer for a sign of life, where the transport has a way of its own to do so. */
  ping(): void;
}

/** What is known of a connection before its client has said anything. */
export interface Origin {
  /** Of the client: from X-Real-IP where a trusted proxy says so, otherwise of the socket. */
  readonly address: string;
  readonly transport: 'websocket' | 'sse' | 'http_stream' | 'plain_sse';
  /** Request headers that were asked for, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a session does with what its socket brings. No method is called after `handleClose`. */
export interface ConnectionHandler {
  handleText(text: string): void;
  handleBinary(): void;
  /** The client sent a message over the endpoint's limit. Its content is dropped. */
  handleTooLong(): void;
  /** Any sign of life: a ping or a pong. */
  handlePong(): void;
  /** The kernel has taken bytes that it did not take at first. */
  handleDrain(): void;
  handleClose(code: number): void;
}

/** What a client asks for when it opens a WebSocket. */
export interface Handshake {
  /** The names in Sec-WebSocket-Protocol, in the client's order. */
  readonly subprotocols: readonly string[];
  /** The part of the URL after the `?`, still encoded. */
  readonly query: string;
}

/** How a WebSocket begins, once its request is accepted. */
export interface WebSocketOpening {
  /** One of the offered subprotocols, for the answer to name; '' names none. */
  readonly subprotocol: string;
  handleOpen(connection: Connection, origin: Origin): ConnectionHandler;
}

/** One WebSocket path. */
export interface WebSocketEndpoint {
  /**
   * A longer message is reported by `handleTooLong`. One of more than twice as many bytes cuts
   * the connection off: uWebSockets.js sends no close frame then.
   */
  readonly maxFrameBytes: number;
  /** Called before each upgrade: an answer refuses it. */
  accept(handshake: Handshake): WebSocketOpening | HttpReply;
}

let lastConnectionId = 0;

/** The `id` of the next connection of this process. */
export function nextConnectionId(): number {
  return ++lastConnectionId;
}
