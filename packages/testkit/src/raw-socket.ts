import { connect, type Socket } from 'node:net';
import { until } from './until.js';

/** A TCP connection under full control: for requests that no client library would send. */
export class RawSocket {
  readonly #socket: Socket;
  received = '';
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text) => (this.received += text));
    socket.on('close', () => (this.isClosed = true));
    socket.on('error', () => undefined);
  }

  static open(port: number): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawSocket(socket)));
      socket.once('error', reject);
    });
  }

  send(data: string | Buffer): void {
    this.#socket.write(data);
  }

  /** Resolves with all data received so far once it contains `text`. */
  async receives(text: string): Promise<string> {
    await until(JSON.stringify(text), () => this.received.includes(text));
    return this.received;
  }

  async closed(): Promise<void> {
    await until('the connection to close', () => this.isClosed);
  }

  /** Cuts the connection without a close frame. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }
}

/** An HTTP request as text. `Content-Length` is the body's length unless given. */
export function httpRequest(
  line: string,
  { body = '', headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): string {
  const all = { Host: 'localhost', 'Content-Length': String(Buffer.byteLength(body)), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${head.join('')}\r\n${body}`;
}

/** A WebSocket upgrade request as text. */
export function upgradeRequest(path: string): string {
  return httpRequest(`GET ${path}`, {
    headers: {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'c2VlZHNlZWRzZWVkc2VlZA==',
    },
  });
}
