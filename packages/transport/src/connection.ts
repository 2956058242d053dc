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
  /** Any sign of life: a ping or a pong. */
  handlePong(): void;
  /** The kernel has taken bytes that it did not take at first. */
  handleDrain(): void;
  handleClose(code: number): void;
}

/** One WebSocket path. */
export interface WebSocketEndpoint {
  /** A frame over this many bytes closes the connection. */
  readonly maxFrameBytes: number;
  /** Asked before each upgrade: an answer refuses it. */
  refuse(): HttpReply | undefined;
  handleOpen(connection: Connection, origin: Origin): ConnectionHandler;
}

let lastConnectionId = 0;

/** The `id` of the next connection of this process. */
export function nextConnectionId(): number {
  return ++lastConnectionId;
}
