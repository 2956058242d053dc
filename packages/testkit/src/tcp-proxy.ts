import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';

/** A proxy between clients and a server on this machine that can cut their connections. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isBlocked = false;
  /** While true, the server's data is discarded. */
  isMute = false;
  /** Receives all data of the server, before the client does. */
  onServerData: ((chunk: Buffer) => void) | undefined;

  private constructor(port: number) {
    this.#server = createServer((client) => {
      if (this.#isBlocked) client.destroy();
      else this.#join(client, createConnection(port, '127.0.0.1'));
    });
  }

  static async start(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port);
    // The default backlog of 511 overflows when a thousand clients come back together.
    const where = { port: 0, host: '127.0.0.1', backlog: 4096 };
    await new Promise<void>((resolve) => proxy.#server.listen(where, resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections and accepts no new ones. */
  block(): void {
    this.#isBlocked = true;
    this.cut();
  }

  unblock(): void {
    this.#isBlocked = false;
  }

  /** Cuts all connections. New connections remain possible. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.block();
    this.#server.close();
  }

  #join(client: Socket, upstream: Socket): void {
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk: Buffer) => {
      this.onServerData?.(chunk);
      if (!this.isMute) client.write(chunk);
    });
  }
}
