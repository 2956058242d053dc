import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { until } from '@newswire/testkit';

/** A pub/sub message in Redis' wire format. */
export function messageFrame(topic: string, message: string): string {
  const words = ['message', topic, message];
  return `*3\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/**
 * A proxy between a client and Redis. It can break only the client's end and send held data late.
 */
export class CutProxy {
  heldBytes = 0;
  inserted = 0;
  #insertion: { readonly word: string; readonly frame: string } | undefined;
  readonly #server: Server;
  #isHolding = false;
  #held: { upstream: Socket; chunk: Buffer }[] = [];
  readonly #pairs = new Map<Socket, Socket>();

  private constructor(port: number) {
    this.#server = createServer((client) =>
      this.#join(client, createConnection(port, '127.0.0.1')),
    );
  }

  static async start(port: number): Promise<CutProxy> {
    const proxy = new CutProxy(port);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  hold(): void {
    this.#isHolding = true;
  }

  /** Once: sends `frame` to a client just before Redis' next answer that contains `word`. */
  insertBefore(word: string, frame: string): void {
    this.#insertion = { word, frame };
  }

  /** Breaks the connections of the clients; Redis keeps its ends. New connections are not held. */
  cut(): void {
    this.#isHolding = false;
    for (const client of this.#pairs.keys()) client.destroy();
  }

  /**
   * Sends the held data on connections that Redis may have closed. Resolves once it cannot be read
   * later.
   */
  async releaseLate(): Promise<void> {
    const late = new Set(this.#held.map(({ upstream }) => upstream));
    for (const { upstream, chunk } of this.#held) if (upstream.writable) upstream.write(chunk);
    for (const upstream of late) upstream.end();
    await until('the end', () => [...late].every(({ closed }) => closed));
  }

  async dispose(): Promise<void> {
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #join(client: Socket, upstream: Socket): void {
    this.#pairs.set(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    upstream.on('data', (chunk: Buffer) => {
      if (this.#insertion !== undefined && chunk.includes(this.#insertion.word)) {
        client.write(this.#insertion.frame);
        this.#insertion = undefined;
        this.inserted++;
      }
      client.write(chunk);
    });
    upstream.on('close', () => client.destroy());
    client.on('data', (chunk: Buffer) => {
      if (this.#isHolding) this.#hold(upstream, chunk);
      else upstream.write(chunk);
    });
  }

  #hold(upstream: Socket, chunk: Buffer): void {
    this.heldBytes += chunk.length;
    this.#held.push({ upstream, chunk });
  }
}
