import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

interface Item {
  readonly offset: number;
  readonly data: unknown;
}

interface Log {
  epoch: string;
  items: Item[];
  top: number;
  /** The end of the generation before. */
  follows: { epoch: string; offset: number } | undefined;
}

interface Subscribe {
  channel: string;
  recover?: boolean;
  epoch?: string;
  offset?: number;
}

/** What goes wrong on purpose with a delivery. */
export type Fault = 'drop' | 'double' | 'swap' | 'hide gaps';

/** Edge and center in a few lines: shows what clients and the ledger do, right or wrong. */
export class FakeEdge {
  readonly sockets = new Map<WebSocket, Set<string>>();
  readonly commands: string[] = [];
  /** Errors that the next subscribe commands are answered with. */
  readonly errors: { code: number; message: string; temporary?: boolean }[] = [];
  fault: Fault | undefined;
  /** Every so-many-th delivery goes wrong. */
  faultEvery = 50;
  /** Every so-many-th publish is answered with an error, although it happened. */
  failEvery = Infinity;
  readonly #logs = new Map<string, Log>();
  readonly #answers = new Map<string, object>();
  readonly #http: Server;
  #port = 0;
  #generations = 0;
  #deliveries = 0;
  #requests = 0;
  readonly #held = new Map<WebSocket, string>();

  private constructor() {
    this.#http = createServer((request, response) => void this.#answer(request, response));
    const server = new WebSocketServer({ server: this.#http });
    server.on('connection', (socket) => {
      this.sockets.set(socket, new Set());
      socket.on('message', (data) => this.#take(socket, String(data)));
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  static async start(): Promise<FakeEdge> {
    const edge = new FakeEdge();
    await new Promise<void>((resolve) => edge.#http.listen(0, '127.0.0.1', resolve));
    edge.#port = (edge.#http.address() as AddressInfo).port;
    return edge;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get webSocketUrl(): string {
    return `${this.url.replace('http', 'ws')}/ws`;
  }

  publish(channel: string, data: unknown): { epoch: string; offset: number } {
    const log = this.#log(channel);
    const item = { offset: ++log.top, data };
    log.items.push(item);
    for (const [socket, channels] of this.sockets) {
      if (channels.has(channel)) this.#deliver(socket, push(channel, item));
      if (channels.has(`seed ${channel}`)) this.#deliver(socket, String(data));
    }
    return { epoch: log.epoch, offset: log.top };
  }

  /** The log is gone: another generation begins, and everybody is asked to come again. */
  newGeneration(channel: string): void {
    const { epoch, top } = this.#log(channel);
    const first = 10 * ++this.#generations;
    const follows = { epoch, offset: top };
    this.#logs.set(channel, { epoch: `E${this.#generations}`, items: [], top: first - 1, follows });
    for (const [socket, channels] of this.sockets) {
      if (channels.delete(channel)) socket.send(unsubscribe(channel));
    }
  }

  /** Empties the log: lagging clients cannot be recovered. */
  forget(channel: string): void {
    this.#log(channel).items = [];
  }

  close(): void {
    for (const socket of this.sockets.keys()) socket.terminate();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #log(channel: string): Log {
    let log = this.#logs.get(channel);
    if (log === undefined) {
      log = { epoch: 'E0', items: [], top: 0, follows: undefined };
      this.#logs.set(channel, log);
    }
    return log;
  }

  #counts(): Record<string, { num_clients: number }> {
    const counts: Record<string, { num_clients: number }> = {};
    for (const channel of [...this.sockets.values()].flatMap((channels) => [...channels])) {
      counts[channel] = { num_clients: (counts[channel]?.num_clients ?? 0) + 1 };
    }
    return counts;
  }

  #deliver(socket: WebSocket, frame: string): void {
    const isFaulty = ++this.#deliveries % this.faultEvery === 0;
    if (isFaulty && this.fault === 'drop') return;
    if (isFaulty && this.fault === 'swap') {
      this.#held.set(socket, frame);
      return;
    }
    socket.send(frame);
    if (isFaulty && this.fault === 'double') socket.send(frame);
    const held = this.#held.get(socket);
    if (held !== undefined) socket.send(held);
    this.#held.delete(socket);
  }

  #take(socket: WebSocket, frame: string): void {
    if (frame.startsWith('sub#')) {
      for (const channel of frame.slice(4).split('|')) {
        this.sockets.get(socket)?.add(`seed ${channel}`);
      }
      return;
    }
    for (const line of frame.split('\n')) {
      this.commands.push(line);
      const { id, connect, subscribe } = JSON.parse(line) as {
        id?: number;
        connect?: object;
        subscribe?: Subscribe;
      };
      if (connect) socket.send(JSON.stringify({ id, connect: { client: 'x', ping: 25 } }));
      if (subscribe) this.#subscribe(socket, id, subscribe);
    }
  }

  #subscribe(socket: WebSocket, id: number | undefined, command: Subscribe): void {
    const error = this.errors.shift();
    if (error !== undefined) return socket.send(JSON.stringify({ id, error }));
    const { epoch, top, items, follows } = this.#log(command.channel);
    let since = command.epoch === epoch ? command.offset : undefined;
    if (command.epoch === follows?.epoch && command.offset === follows?.offset) {
      since = (items[0]?.offset ?? top + 1) - 1;
    }
    const missed = items.filter(({ offset }) => offset > (since ?? top));
    const isWhole = since !== undefined && since + missed.length === top;
    const recovered = command.recover === true && (isWhole || this.fault === 'hide gaps');
    const offset = recovered ? since : top;
    const more = { was_recovering: command.recover === true, publications: missed };
    const result = { epoch, offset, recovered, ...(recovered ? more : {}) };
    this.sockets.get(socket)?.add(command.channel);
    return socket.send(JSON.stringify({ id, subscribe: result }));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString() || '{}') as Record<string, string>;
    if (request.url === '/api/channels') {
      response.end(JSON.stringify({ result: { channels: this.#counts() } }));
      return;
    }
    const { channel = '', idempotency_key: key = '' } = body;
    const known = this.#answers.get(`${channel} ${key}`);
    const result = known ?? this.publish(channel, body['data']);
    if (key !== '') this.#answers.set(`${channel} ${key}`, result);
    const isFailed = ++this.#requests % this.failEvery === 0;
    const error = { code: 100, message: 'internal error', temporary: true };
    response.end(JSON.stringify(isFailed ? { error } : { result }));
  }
}

function push(channel: string, { data, offset }: Item): string {
  return JSON.stringify({ push: { channel, pub: { data, offset } } });
}

function unsubscribe(channel: string): string {
  const reason = { code: 2500, reason: 'insufficient state' };
  return JSON.stringify({ push: { channel, unsubscribe: reason } });
}
