import type { HttpReply } from './http.js';

/** All that a session knows of its client's socket. */
export interface Connection {
  /** Unique in this process. */
  readonly id: number;
  /** Sends text frames, together where they are many. Does nothing once the connection is closed. */
  send(...frames: readonly string[]): void;
  /** Ends the connection with a WebSocket close code, after what was sent before. */
  close(code: number, reason: string): void;
  /** Bytes handed over and not yet taken by the kernel; 0 once closed. Costs tens of ns. */
  bufferedBytes(): number;
  /** From now on gets what is published on the topic. */
  join(topic: string): void;
  /** No longer gets it. */
  leave(topic: string): void;
  /** Asks the peer for a sign of life. */
  ping(): void;
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
  handleOpen(connection: Connection): ConnectionHandler;
}
