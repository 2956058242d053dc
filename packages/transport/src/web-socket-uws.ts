import { CLOSES, type Frame } from '@newswire/protocol';
import type * as Uws from 'uWebSockets.js';
import {
  nextConnectionId,
  type Connection,
  type ConnectionHandler,
  type Handshake,
  type Origin,
  type WebSocketEndpoint,
  type WebSocketOpening,
} from './connection.js';
import { writeReply } from './http-uws.js';
import type { OriginChecker } from './origin-checker-uws.js';

/** The state that uWebSockets.js stores with each socket. */
interface SocketState {
  readonly origin: Origin;
  readonly opening: WebSocketOpening;
  connection?: UwsConnection;
  handler?: ConnectionHandler;
  /** Set if the socket was closed while it opened: the handler has yet to receive this code. */
  earlyCloseCode?: number;
}

type Socket = Uws.WebSocket<SocketState>;

/**
 * uWebSockets.js' own timeout, in seconds. It is only a fallback behind the sessions' pings, for
 * closing sockets whose last bytes are never taken. Its maximum is 960.
 */
const LAST_RESORT_TIMEOUT_S = 240;

/**
 * uWebSockets.js' own limit, as a multiple of the endpoint's. Above it uWebSockets.js cuts off the
 * connection without a close frame, so it is higher than the endpoint's. uWebSockets.js keeps the
 * received part of an unfinished message, so this is also the most memory that one client can
 * occupy that way.
 */
const CUT_OFF_FACTOR = 2;

/** Its reason in the close handler for a message above that limit. */
const OVER_THE_LIMIT = 'Received too big message';

const NO_SUBPROTOCOLS: readonly string[] = [];

/** The uWebSockets.js behaviour of one endpoint. */
export function buildBehavior(
  endpoint: WebSocketEndpoint,
  originChecker: OriginChecker,
): Uws.WebSocketBehavior<SocketState> {
  return {
    maxPayloadLength: endpoint.maxFrameBytes * CUT_OFF_FACTOR,
    idleTimeout: LAST_RESORT_TIMEOUT_S,
    sendPingsAutomatically: false,
    // 0 means no limit: above a limit, publishing would skip the socket silently. Instead, sessions
    // check bufferedBytes() before every flush.
    maxBackpressure: 0,
    upgrade: (response, request, context) => {
      const accepted = originChecker.refuse(request) ?? endpoint.accept(readHandshake(request));
      if ('status' in accepted) return writeReply(response, accepted);
      response.upgrade<SocketState>(
        { origin: originChecker.originOf('websocket', response, request), opening: accepted },
        request.getHeader('sec-websocket-key'),
        accepted.subprotocol,
        request.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open: (socket) => {
      const state = socket.getUserData();
      state.connection = new UwsConnection(socket);
      state.handler = state.opening.handleOpen(state.connection, state.origin);
      if (state.earlyCloseCode !== undefined) state.handler.handleClose(state.earlyCloseCode);
    },
    message: (socket, message, isBinary) => {
      const { handler } = socket.getUserData();
      if (message.byteLength > endpoint.maxFrameBytes) handler?.handleTooLong();
      else if (isBinary) handler?.handleFrame(new Uint8Array(message));
      // uWebSockets.js has checked that text is valid UTF-8; otherwise it closes the connection.
      else handler?.handleFrame(Buffer.from(message).toString('utf8'));
    },
    drain: (socket) => socket.getUserData().handler?.handleDrain(),
    ping: (socket) => socket.getUserData().handler?.handlePong(),
    pong: (socket) => socket.getUserData().handler?.handlePong(),
    close: (socket, wireCode, reason) => {
      const state = socket.getUserData();
      const code = isOverTheLimit(reason) ? CLOSES.tooLong.code : wireCode;
      state.connection?.forget();
      if (state.handler === undefined) state.earlyCloseCode = code;
      else state.handler.handleClose(code);
    },
  };
}

function readHandshake(request: Uws.HttpRequest): Handshake {
  const path = request.getUrl();
  const query = request.getQuery() ?? '';
  if (request.getHeader('sec-websocket-protocol') === '') {
    return { subprotocols: NO_SUBPROTOCOLS, path, query };
  }
  const names: string[] = [];
  // A list may be split over several headers, of which getHeader returns only the first.
  request.forEach((header, value) => {
    if (header === 'sec-websocket-protocol') names.push(...value.split(','));
  });
  return { subprotocols: names.map((name) => name.trim()), path, query };
}

/** Bytes are sent as binary frames, and text as text frames. */
export function isBytes(frame: Frame): boolean {
  return typeof frame !== 'string';
}

function isOverTheLimit(reason: ArrayBuffer): boolean {
  return Buffer.from(reason).toString('latin1') === OVER_THE_LIMIT;
}

/** A socket that may have closed: uWebSockets.js throws if a closed socket is used. */
class UwsConnection implements Connection {
  readonly id = nextConnectionId();
  readonly hasCloseCodes = true;
  #socket: Socket | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(...frames: readonly Frame[]): void {
    const socket = this.#socket;
    const [first] = frames;
    if (socket === undefined || first === undefined) return;
    if (frames.length === 1) return void socket.send(first, isBytes(first));
    // Without the cork, each frame is a separate write to the kernel.
    socket.cork(() => {
      for (const frame of frames) socket.send(frame, isBytes(frame));
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

  /** The socket has closed: from now on every method does nothing. */
  forget(): void {
    this.#socket = undefined;
  }
}
