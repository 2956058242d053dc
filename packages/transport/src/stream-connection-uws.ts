import { CLOSES, toBytes, type Frame } from '@newswire/protocol';
import type * as Uws from 'uWebSockets.js';
import { nextConnectionId, type Connection, type ConnectionHandler } from './connection.js';
import { writeReply } from './http-uws.js';
import type { StreamFraming } from './stream.js';
import type { Streams } from './streams.js';

/** The most bytes that one write passes to uWebSockets.js, and so the most that it may buffer. */
const PIECE_BYTES = 65_536;

/** The size of a write while uWebSockets.js may still hold some of the last piece. */
const PROBE_BYTES = 64;

/** WebSocket's code for a connection that ended without a close frame. */
const CUT_OFF = 1006;

const ANONYMOUS: ConnectionHandler = {
  handleFrame: () => undefined,
  handleTooLong: () => undefined,
  handlePong: () => undefined,
  handleDrain: () => undefined,
  handleClose: () => undefined,
};

/** The headers of every streaming response. */
export function streamHeaders({ contentType }: StreamFraming): Readonly<Record<string, string>> {
  return {
    'Content-Type': contentType,
    // A proxy that compresses would hold events back until it has enough of them.
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  };
}

export interface StreamConnectionParts {
  readonly response: Uws.HttpResponse;
  readonly framing: StreamFraming;
  readonly streams: Streams;
  readonly isOneWay: boolean;
  /** Headers besides the usual ones. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A connection in the body of an HTTP response. uWebSockets.js buffers bytes that the socket does
 * not take and does not report how many. Once a handler for `onWritable` is set, it does not send
 * them later by itself; without a handler it closes the connection ten seconds later. So pending
 * bytes wait here, and a piece is passed on only when the one before it has been taken. `write`
 * returns whether it has been taken; for a piece that fits into the cork's buffer, this is known
 * one write late.
 */
export class StreamConnection implements Connection {
  readonly id = nextConnectionId();
  readonly hasCloseCodes = false;
  readonly framing: StreamFraming;
  readonly #streams: Streams;
  readonly #isOneWay: boolean;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #topics = new Set<string>();
  #response: Uws.HttpResponse | undefined;
  #handler = ANONYMOUS;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  /** The size of the last piece, until it is known that it was taken. */
  #pieceBytes = 0;
  /** True while the socket takes no more bytes. */
  #isStuck = false;
  /** uWebSockets.js may still hold some of the last piece. */
  #isUnsure = false;
  #hasBegun = false;
  #endCode: number | undefined;

  constructor({ response, framing, streams, isOneWay, headers }: StreamConnectionParts) {
    this.#response = response;
    this.framing = framing;
    this.#streams = streams;
    this.#isOneWay = isOneWay;
    this.#headers = headers;
    response.onWritable(() => this.#handleWritable());
    response.onAborted(() => this.#end(this.#isStuck ? CLOSES.slow.code : CUT_OFF));
  }

  /**
   * Sets the handler. Returns false if the connection was closed while it opened; the handler has
   * then received `handleClose`.
   */
  attach(handler: ConnectionHandler): boolean {
    if (this.#endCode === undefined) this.#handler = handler;
    else handler.handleClose(this.#endCode);
    return this.#endCode === undefined;
  }

  send(...frames: readonly Frame[]): void {
    for (const frame of frames) this.enqueue(toBytes(this.framing.frame(frame)));
  }

  /** Sends bytes that are already framed. */
  enqueue(bytes: Uint8Array): void {
    if (this.#response === undefined || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#isStuck) this.#streams.schedule(this);
  }

  close(code: number, reason: string): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#response = undefined;
    if (!this.#hasBegun && this.#queue.length === 0) {
      writeReply(response, this.framing.refusal(code, reason), { headers: this.#headers });
    } else {
      response.cork(() => {
        this.#begin(response);
        if (this.#queue.length > 0) response.write(Buffer.concat(this.#queue));
        response.end();
      });
    }
    this.#end(code);
  }

  bufferedBytes(): number {
    return this.#queuedBytes + this.#pieceBytes;
  }

  join(topic: string): void {
    if (this.#response === undefined) return;
    this.#topics.add(topic);
    this.#streams.topics.join(topic, this);
  }

  leave(topic: string): void {
    this.#topics.delete(topic);
    this.#streams.topics.leave(topic, this);
  }

  /** HTTP has no pings. */
  ping(): void {}

  /** Writes pending bytes, as far as the socket takes them. */
  flush(): void {
    const response = this.#response;
    if (response === undefined || this.#isStuck) return;
    while (this.#queue.length > 0) {
      const piece = this.#take(this.#isUnsure ? PROBE_BYTES : PIECE_BYTES);
      if (!this.#write(response, piece)) return this.#handleStuck(piece.length);
      this.#isUnsure = false;
    }
    if (this.#isOneWay) this.#handler.handlePong();
    this.#handler.handleDrain();
  }

  /**
   * Closes the connection and drops its pending bytes, because the client took none for too long.
   */
  abandon(): void {
    this.#response?.close();
  }

  #write(response: Uws.HttpResponse, piece: Uint8Array): boolean {
    let isTaken = false;
    response.cork(() => {
      this.#begin(response);
      isTaken = response.write(piece);
    });
    return isTaken;
  }

  #begin(response: Uws.HttpResponse): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    response.writeStatus('200 OK');
    const headers = { ...streamHeaders(this.framing), ...this.#headers };
    for (const name in headers) response.writeHeader(name, headers[name] ?? '');
  }

  #handleStuck(pieceBytes: number): void {
    this.#isStuck = this.#isUnsure = true;
    this.#pieceBytes = pieceBytes;
    this.#streams.handleStuck(this);
  }

  /** Always returns true: uWebSockets.js asks whether the pending bytes were written. */
  #handleWritable(): boolean {
    this.#isStuck = false;
    this.#pieceBytes = 0;
    this.#streams.handleMoved(this);
    // An empty cork sends the rest of the last piece.
    this.#response?.cork(() => undefined);
    this.flush();
    return true;
  }

  #take(maxBytes: number): Uint8Array {
    let count = 0;
    let bytes = 0;
    for (const { length } of this.#queue) {
      if (count > 0 && bytes + length > maxBytes) break;
      count++;
      bytes += length;
    }
    const taken = this.#queue.splice(0, count);
    const [first] = taken;
    let piece = first !== undefined && taken.length === 1 ? first : Buffer.concat(taken);
    if (piece.length > maxBytes) {
      this.#queue.unshift(piece.subarray(maxBytes));
      piece = piece.subarray(0, maxBytes);
    }
    this.#queuedBytes -= piece.length;
    return piece;
  }

  #end(code: number): void {
    this.#endCode = code;
    this.#response = undefined;
    this.#queue = [];
    this.#queuedBytes = this.#pieceBytes = 0;
    this.#streams.handleMoved(this);
    for (const topic of this.#topics) this.#streams.topics.leave(topic, this);
    this.#topics.clear();
    const handler = this.#handler;
    this.#handler = ANONYMOUS;
    handler.handleClose(code);
  }
}
