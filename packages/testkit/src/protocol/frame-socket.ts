import { WebSocket } from 'ws';

/** Receives the events of a WebSocket. */
export interface FrameHandler {
  handleOpen(): void;
  handleText(text: string): void;
  /** Called once, also if the socket could not be opened (code 1006). Not called after `cut`. */
  handleClose(code: number): void;
}

/** The client's side of a WebSocket, reduced to the needs of a load. */
export interface FrameSocket {
  send(text: string): void;
  /** Cuts the TCP connection without a close frame. No events follow. */
  cut(): void;
  /** Stops reading, as a stuck client does. */
  pause(): void;
  resume(): void;
}

/** Opens a connection to a URL like ws://127.0.0.1:9900/ws. */
export type OpenSocket = (url: string, handler: FrameHandler) => FrameSocket;

/** A FrameSocket of the `ws` library. It checks the whole protocol, at three times the cost. */
export const openWs: OpenSocket = (url, handler) => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let isCut = false;
  socket.on('open', () => handler.handleOpen());
  socket.on('message', (data) => isCut || handler.handleText(String(data)));
  socket.on('error', () => undefined); // 'close' follows
  socket.on('close', (code) => isCut || handler.handleClose(code));
  return {
    send: (text) => socket.send(text),
    cut: () => {
      isCut = true;
      socket.terminate();
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
};
