import { connect, type Socket } from 'node:net';
import { clientFrame, FrameReader, OPCODES } from './frame-reader.js';
import { upgradeRequest } from '../raw-socket.js';
import type { FrameHandler, FrameSocket, OpenSocket } from './frame-socket.js';

export interface RawWebSocketOptions {
  /** Bytes of each read, at most 64 KiB. Use few bytes for a slow client. */
  readonly readBytes?: number;
  /** Maximum average read rate after the upgrade. Called before each pause. */
  readonly bytesPerSecond?: () => number;
}

/** Shared read buffer of all sockets: each chunk is processed before the next read. */
const SHARED_BUFFER = Buffer.allocUnsafeSlow(65_536);
const HEADERS_END = '\r\n\r\n';
const NO_CODE = 1005;
const ABNORMAL = 1006;

/**
 * A minimal WebSocket client on a bare TCP connection, for thousands in one process. It trusts the
 * server and checks neither the accept key nor UTF-8. Use `openWs` for tests of the protocol
 * itself.
 */
export class RawWebSocket implements FrameSocket {
  readonly #socket: Socket;
  readonly #handler: FrameHandler;
  readonly #reader = new FrameReader((...frame) => this.#handleFrame(...frame));
  /** The part of the upgrade's answer received so far. */
  #head: string | undefined = '';
  #fragments: Buffer[] = [];
  #closeCode = ABNORMAL;
  readonly #bytesPerSecond: () => number;
  #isOver = false;

  constructor(url: string, handler: FrameHandler, options: RawWebSocketOptions = {}) {
    const { readBytes, bytesPerSecond = () => Infinity } = options;
    this.#handler = handler;
    this.#bytesPerSecond = bytesPerSecond;
    const { hostname, port, pathname } = new URL(url);
    const buffer = SHARED_BUFFER.subarray(0, readBytes ?? SHARED_BUFFER.length);
    this.#socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer, callback: (length) => this.#read(buffer.subarray(0, length)) },
    });
    this.#socket.on('error', () => undefined); // 'close' follows
    this.#socket.on('close', () => this.#end(this.#closeCode));
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.write(upgradeRequest(pathname));
  }

  send(text: string): void {
    this.#socket.write(clientFrame(OPCODES.text, Buffer.from(text)));
  }

  cut(): void {
    this.#isOver = true;
    this.#socket.resetAndDestroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #read(chunk: Buffer): boolean {
    if (this.#isOver) return false;
    if (this.#head === undefined) this.#reader.read(chunk);
    else this.#readHead(chunk);
    this.#takeTime((1000 * chunk.length) / this.#bytesPerSecond());
    return true;
  }

  #takeTime(ms: number): void {
    if (ms === 0) return;
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), ms);
  }

  #readHead(chunk: Buffer): void {
    const head = this.#head + chunk.toString('latin1');
    const end = head.indexOf(HEADERS_END);
    this.#head = head;
    if (end < 0) return;
    if (!head.startsWith('HTTP/1.1 101 ')) return void this.#socket.destroy();
    this.#head = undefined;
    this.#handler.handleOpen();
    const rest = head.slice(end + HEADERS_END.length);
    if (rest !== '') this.#reader.read(Buffer.from(rest, 'latin1'));
  }

  #handleFrame(opcode: number, isFinal: boolean, bytes: Buffer, start: number, end: number): void {
    if (this.#isOver) return; // it was cut while earlier frames of this chunk were handled
    switch (opcode) {
      case OPCODES.text:
      case OPCODES.continuation:
        return this.#handleText(isFinal, bytes, start, end);
      case OPCODES.ping:
        this.#socket.write(clientFrame(OPCODES.pong, bytes.subarray(start, end)));
        return undefined;
      case OPCODES.close:
        this.#closeCode = end - start >= 2 ? bytes.readUInt16BE(start) : NO_CODE;
        this.#socket.end(clientFrame(OPCODES.close, bytes.subarray(start, end)));
        return this.#end(this.#closeCode);
      default:
        return undefined;
    }
  }

  #handleText(isFinal: boolean, bytes: Buffer, start: number, end: number): void {
    if (isFinal && this.#fragments.length === 0) {
      return this.#handler.handleText(bytes.toString('utf8', start, end));
    }
    this.#fragments.push(Buffer.from(bytes.subarray(start, end)));
    if (!isFinal) return undefined;
    const whole = Buffer.concat(this.#fragments).toString();
    this.#fragments = [];
    return this.#handler.handleText(whole);
  }

  #end(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.handleClose(code);
  }
}

export function openRaw(options?: RawWebSocketOptions): OpenSocket {
  return (url, handler) => new RawWebSocket(url, handler, options);
}
