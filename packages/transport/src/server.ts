import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '@newswire/runtime';
import type * as Uws from 'uWebSockets.js';
import type { WebSocketEndpoint } from './connection.js';
import { errorReply, type HttpReply, type HttpRoute } from './http.js';
import { serve, writeReply, type FaultHandler, type OpenRequests } from './http-uws.js';
import { loadUws, type UwsModule } from './load-uws.js';
import { behaviourOf } from './web-socket-uws.js';

/** How long a closing server waits for the requests it has taken. */
const LAST_ANSWERS_MS = 3000;

/** The port is taken, or the address is not this machine's. */
class ListenError extends StartError {
  constructor(host: string, port: number) {
    super(
      `cannot listen on ${host}:${port}: is the port taken, by another newswire perhaps, or is the address not this machine's?`,
    );
    this.name = 'ListenError';
  }
}

/** One listening port: HTTP routes, WebSocket endpoints, and the topics their sockets join. */
export class Server {
  readonly #uws: UwsModule;
  readonly #app: Uws.TemplatedApp;
  readonly #onFault: FaultHandler;
  readonly #methods = new Map<string, string[]>();
  readonly #requests: OpenRequests = { open: 0 };
  #listening: Uws.us_listen_socket | undefined;

  private constructor(uws: UwsModule, onFault: FaultHandler) {
    this.#uws = uws;
    this.#app = uws.App();
    this.#onFault = onFault;
  }

  /** `onFault` hears what a handler threw. Throws UnsupportedNodeError where there is no binary. */
  static async create(onFault: FaultHandler): Promise<Server> {
    return new Server(await loadUws(), onFault);
  }

  /** Adds routes. All routes and endpoints are added before `listen`. */
  route(routes: readonly HttpRoute[]): void {
    for (const route of routes) {
      const handle = (response: Uws.HttpResponse, request: Uws.HttpRequest) =>
        serve(route, this.#requests, this.#onFault, response, request);
      if (route.method === 'GET') this.#app.get(route.path, handle);
      else this.#app.post(route.path, handle);
      this.#allow(route.path, route.method);
    }
  }

  webSocket(path: string, endpoint: WebSocketEndpoint): void {
    this.#app.ws(path, behaviourOf(endpoint));
    // A GET that asks for no upgrade, or asks wrongly, falls through to here.
    const reply = errorReply(426, 'badRequest', `${path} speaks WebSocket`, {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
    });
    this.#app.get(path, (response) => writeReply(response, reply));
    this.#allow(path, 'GET');
  }

  /** Sends one text frame to every connection that has joined the topic. */
  publish(topic: string, text: string): void {
    this.#app.publish(topic, text, false);
  }

  /** Resolves with the port, which port 0 leaves to the system. Rejects with ListenError. */
  listen(host: string, port: number): Promise<number> {
    this.#app.any('/*', (response, request) => writeReply(response, this.#unrouted(request)));
    return new Promise((resolve, reject) => {
      // Exclusively: otherwise a second newswire on the port would silently take half the clients.
      this.#listenExclusively(host, port, (socket) => {
        if (!socket) return reject(new ListenError(host, port));
        this.#listening = socket;
        resolve(this.#uws.us_socket_local_port(socket));
      });
    });
  }

  /** Takes no more connections, lets requests be answered for a while, then ends all there are. */
  async close(): Promise<void> {
    if (this.#listening !== undefined) this.#uws.us_listen_socket_close(this.#listening);
    this.#listening = undefined;
    const deadline = Date.now() + LAST_ANSWERS_MS;
    while (this.#requests.open > 0 && Date.now() < deadline) await delay(10);
    this.#app.close();
  }

  #listenExclusively(
    host: string,
    port: number,
    onListen: (socket: Uws.us_listen_socket | false) => void,
  ): void {
    const app = this.#app as unknown as ExclusiveListener;
    app.listen(host, port, LIBUS_LISTEN_EXCLUSIVE_PORT, onListen);
  }

  #allow(path: string, method: string): void {
    const methods = this.#methods.get(path);
    if (methods === undefined) this.#methods.set(path, [method]);
    else methods.push(method);
  }

  #unrouted(request: Uws.HttpRequest): HttpReply {
    const path = request.getUrl();
    const methods = this.#methods.get(path);
    if (methods === undefined) {
      return errorReply(404, 'methodNotFound', `there is nothing at ${path}`);
    }
    const allow = methods.join(', ');
    return errorReply(405, 'badRequest', `${path} takes ${allow}`, { Allow: allow });
  }
}

/** The option's value and the four-argument `listen`: the package has them, its types do not. */
const LIBUS_LISTEN_EXCLUSIVE_PORT = 1;

interface ExclusiveListener {
  listen(
    host: string,
    port: number,
    options: number,
    onListen: (socket: Uws.us_listen_socket | false) => void,
  ): unknown;
}
