import type * as Uws from 'uWebSockets.js';
import {
  nextConnectionId,
  type Connection,
  type ConnectionHandler,
  type Origin,
  type WebSocketEndpoint,
} from './connection.js';
import { writeReply } from './http-uws.js';
import type { Visitors } from './visitors-uws.js';

/** What uWebSockets.js keeps for us beside each socket. */
interface SocketState {
  readonly origin: Origin;
  connection?: UwsConnection;
  handler?: ConnectionHandler;
  /** It was closed while it opened, and its handler is still to be told. */
  earlyCloseCode?: number;
}

type Socket = Uws.WebSocket<SocketState>;

/**
 * uWebSockets.js' own time-out, in seconds: only a net under the sessions' own pings, for sockets
 * that were told to close and never took the last bytes. Its clock stops at 960.
 */
const LAST_RESORT_TIMEOUT_S = 240;

/** The uWebSockets.js behaviour of one endpoint. */
export function behaviourOf(
  endpoint: WebSocketEndpoint,
  visitors: Visitors,
): Uws.WebSocketBehavior<SocketState> {
  return {
    maxPayloadLength: endpoint.maxFrameBytes,
    idleTimeout: LAST_RESORT_TIMEOUT_S,
    sendPingsAutomatically: false,
    // 0 is no limit: over a limit, publishing would skip the socket silently. Sessions watch
    // bufferedBytes() before every flush instead.
    maxBackpressure: 0,
    upgrade: (response, request, context) => {
      const refusal = visitors.refuse(request) ?? endpoint.refuse();
      if (refusal !== undefined) return writeReply(response, refusal);
      response.upgrade<SocketState>(
        { origin: visitors.originOf('websocket', response, request) },
        request.getHeader('sec-websocket-key'),
        '',
        request.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open: (socket) => {
      const state = socket.getUserData();
      state.connection = new UwsConnection(socket);
      state.handler = endpoint.handleOpen(state.connection, state.origin);
      if (state.earlyCloseCode !== undefined) state.handler.handleClose(state.earlyCloseCode);
    },
    message: (socket, message, isBinary) => {
      const { handler } = socket.getUserData();
      if (isBinary) handler?.handleBinary();
      // uWebSockets.js has checked that text is valid UTF-8, and closed the connection otherwise.
      else handler?.handleText(Buffer.from(message).toString('utf8'));
    },
    drain: (socket) => socket.getUserData().handler?.handleDrain(),
    ping: (socket) => socket.getUserData().handler?.handlePong(),
    pong: (socket) => socket.getUserData().handler?.handlePong(),
    close: (socket, code) => {
      const state = socket.getUserData();
      state.connection?.forget();
      if (state.handler === undefined) state.earlyCloseCode = code;
      else state.handler.handleClose(code);
    },
  };
}

/** A socket that may be gone: uWebSockets.js throws when a closed one is touched. */
class UwsConnection implements Connection {
  readonly id = nextConnectionId();
  readonly hasCloseCodes = true;
  #socket: Socket | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(...frames: readonly string[]): void {
    const socket = this.#socket;
    const [first] = frames;
    if (socket === undefined || first === undefined) return;
    if (frames.length === 1) return void socket.send(first, false);
    // Uncorked, each frame is a write to the kernel of its own.
    socket.cork(() => {
      for (const frame of frames) socket.send(frame, false);
    });
  }

  close(code: number, reason: string): void {
    this.#socket?.end(code, reason);
  }

  bufferedBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  join(topic: string): void {
    this.#socket?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#socket?.unsubscribe(topic);
  }

  ping(): void {
    this.#socket?.ping();
  }

  /** The socket has closed: everything from now on does nothing. */
  forget(): void {
    this.#socket = undefined;
  }
}
