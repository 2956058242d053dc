import { connect, type Socket } from 'node:net';
import type { Frame } from '@newswire/protocol';
import { until } from '@newswire/testkit';
import {
  errorReply,
  Server,
  type Connection,
  type ConnectionHandler,
  type HttpRequest,
  type Origin,
  type ServerOptions,
  type StreamFraming,
} from '../src/index.js';

/** Frames as they are, one a line; counts how often it is asked. */
export class CountedFraming implements StreamFraming {
  readonly contentType = 'text/plain';
  readonly isShared: boolean;
  count = 0;

  constructor(isShared: boolean) {
    this.isShared = isShared;
  }

  frame(frame: Frame): string {
    this.count++;
    return `${String(frame)}\n`;
  }

  refusal(code: number, reason: string) {
    return errorReply(503, 'internal', `${code} ${reason}`);
  }
}

/** What a connection has told its session. */
export class Listener implements ConnectionHandler {
  readonly texts: string[] = [];
  readonly closes: number[] = [];
  signsOfLife = 0;
  drains = 0;
  onDrain: () => void = () => undefined;

  handleFrame(frame: Frame): void {
    this.texts.push(String(frame));
  }
  handleTooLong(): void {}
  handlePong(): void {
    this.signsOfLife++;
  }
  handleDrain(): void {
    this.drains++;
    this.onDrain();
  }
  handleClose(code: number): void {
    this.closes.push(code);
  }
}

export interface Opened {
  readonly connection: Connection;
  readonly origin: Origin;
  readonly listener: Listener;
}

/** A server with a stream at `GET /stream` and `POST /stream`, and a WebSocket at `/ws`. */
export class StreamRig {
  readonly server: Server;
  readonly opened: Opened[] = [];
  readonly requests: HttpRequest[] = [];
  readonly framing = new CountedFraming(true);
  /** Asked with every connection; undefined: the shared one. */
  newFraming: () => StreamFraming = () => this.framing;
  /** Called while a connection opens. */
  onOpen: (connection: Connection) => void = () => undefined;
  port = 0;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(options: ServerOptions = {}): Promise<StreamRig> {
    const server = await Server.create((error) => {
      throw error;
    }, options);
    const rig = new StreamRig(server);
    const handleOpen = (connection: Connection, origin: Origin) => rig.#open(connection, origin);
    for (const method of ['GET', 'POST'] as const) {
      server.stream({
        method,
        path: `/${method.toLowerCase()}`,
        transport: method === 'GET' ? 'plain_sse' : 'http_stream',
        isOneWay: method === 'GET',
        maxBodyBytes: 100_000,
        acceptsBytes: true,
        headers: ['authorization'],
        handleOpen,
        accept: (request) => {
          rig.requests.push(request);
          if (request.query === 'refuse') return errorReply(404, 'notAvailable', 'not today');
          return {
            framing: rig.newFraming(),
            firstFrame: request.bytes ?? (request.body || request.query),
          };
        },
      });
    }
    const accept = () => ({ subprotocol: '', handleOpen });
    server.webSocket('/ws', { maxFrameBytes: 1000, accept });
    rig.port = await server.listen('127.0.0.1', 0);
    return rig;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  at(index: number): Opened {
    const opened = this.opened[index];
    if (opened === undefined) throw new Error(`there is no connection ${index}`);
    return opened;
  }

  /** The nth connection, once it is there. */
  async connection(index = 0): Promise<Opened> {
    return until(`connection ${index}`, () => this.opened[index]);
  }

  stop(): Promise<void> {
    return this.server.close();
  }

  #open(connection: Connection, origin: Origin): Listener {
    const listener = new Listener();
    this.opened.push({ connection, origin, listener });
    this.onOpen(connection);
    return listener;
  }
}

/** A client that reads an answer's chunks on demand. */
export class ChunkReader {
  readonly socket: Socket;
  #raw = Buffer.alloc(0);
  #body: Buffer[] = [];
  head = '';
  bytes = 0;
  /** The terminating chunk has come. */
  hasEnded = false;
  isClosed = false;

  constructor(port: number, request: string) {
    this.socket = connect(port, '127.0.0.1', () => this.socket.write(request));
    this.socket.on('data', (data) => this.#take(data));
    this.socket.on('close', () => (this.isClosed = true));
    this.socket.on('error', () => undefined);
  }

  get text(): string {
    return Buffer.concat(this.#body).toString();
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  async receives(text: string): Promise<void> {
    await until(text, () => this.text.includes(text));
  }

  #take(data: Buffer): void {
    this.#raw = Buffer.concat([this.#raw, data]);
    if (this.head === '') {
      const end = this.#raw.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.#raw.subarray(0, end).toString();
      this.#raw = this.#raw.subarray(end + 2);
    }
    // Each chunk follows the line break that ends the one before it.
    for (;;) {
      const end = this.#raw.indexOf('\r\n', 2);
      if (end < 0) return;
      const size = Number.parseInt(this.#raw.subarray(2, end).toString(), 16);
      if (Number.isNaN(size)) throw new Error(`no chunk: ${this.#raw.subarray(0, 40).toString()}`);
      if (size === 0) {
        this.hasEnded = true;
        return;
      }
      if (this.#raw.length < end + 2 + size) return;
      this.#body.push(this.#raw.subarray(end + 2, end + 2 + size));
      this.bytes += size;
      this.#raw = this.#raw.subarray(end + 2 + size);
    }
  }
}
