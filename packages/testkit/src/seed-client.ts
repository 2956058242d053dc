import { WebSocket } from 'ws';
import { until } from './until.js';

/** A seed-protocol client that keeps every frame it receives. */
export class SeedClient {
  readonly frames: string[] = [];
  readonly #socket: WebSocket;
  closeCode: number | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.frames.push(String(data)));
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    socket.on('error', () => undefined);
  }

  /** `url` like ws://127.0.0.1:9900/ws. Rejects if the upgrade is refused. */
  static open(url: string): Promise<SeedClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { perMessageDeflate: false });
      const client = new SeedClient(socket);
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
    });
  }

  /** Sends a text frame with any bytes, or a binary one. */
  send(frame: string | Buffer, { binary = false } = {}): void {
    this.#socket.send(frame, { binary });
  }

  /** Resolves with all frames once there are at least `count`. */
  async received(count: number, timeoutMs?: number): Promise<string[]> {
    await until(`frame ${count}`, () => this.frames.length >= count, timeoutMs).catch(
      (error: Error) => {
        throw new Error(`${error.message}; got ${this.frames.length}, last ${this.frames.at(-1)}`);
      },
    );
    return this.frames;
  }

  /** Resolves with the close code. */
  async closed(timeoutMs?: number): Promise<number> {
    await until('the close', () => this.closeCode !== undefined, timeoutMs);
    return this.closeCode ?? 0;
  }

  /** Stops reading from the socket, as a stuck client does. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.terminate();
  }
}
