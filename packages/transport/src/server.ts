import type { BlockList } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Frame } from '@newswire/protocol';
import { StartError } from '@newswire/runtime';
import type * as Uws from 'uWebSockets.js';
import { allowedOrigins, type OriginPolicy } from './allowed-origin.js';
import { addressList } from './client-address.js';
import type { WebSocketEndpoint } from './connection.js';
import { errorReply, type HttpReply, type HttpRoute } from './http.js';
import { answerEarly, serve, type FaultHandler, type ServeContext } from './http-uws.js';
import { loadUws, type UwsModule } from './load-uws.js';
import { serveStream } from './stream-uws.js';
import type { StreamEndpoint } from './stream.js';
import { STALL_MS, Streams } from './streams.js';
import { OriginChecker } from './origin-checker-uws.js';
import { buildBehavior, isBytes } from './web-socket-uws.js';

/** How long a closing server waits for open requests. */
const LAST_ANSWERS_MS = 3000;

/** The port is taken, or the address does not belong to this machine. */
class ListenError extends StartError {
  constructor(host: string, port: number) {
    super(
      `cannot listen on ${host}:${port}: the port is in use, or the address does not belong to this machine`,
    );
    this.name = 'ListenError';
  }
}

export interface ServerOptions {
  /** The origin policy for web pages. Default: only pages of newswire's own host may connect. */
  readonly originPolicy?: OriginPolicy;
  /** Proxies whose X-Real-IP is trusted. Default: those on this machine. */
  readonly trustedProxies?: BlockList;
  /** Request headers that connections keep, by lower-case name. Default: none. */
  readonly keptHeaders?: readonly string[];
  /** In ms: an HTTP connection that takes none of its pending bytes for this time is closed. */
  readonly stallMs?: number;
}

/**
 * One listening port: HTTP routes, WebSocket and streaming endpoints, and topics for connections.
 */
export class Server {
  readonly #uws: UwsModule;
  readonly #app: Uws.TemplatedApp;
  readonly #methods = new Map<string, string[]>();
  /** The paths that web pages of other hosts may request. */
  readonly #pagePaths = new Set<string>();
  readonly #context: ServeContext;
  readonly #streams: Streams;
  #listening: Uws.us_listen_socket | undefined;

  private constructor(uws: UwsModule, onFault: FaultHandler, options: ServerOptions) {
    this.#uws = uws;
    this.#app = uws.App();
    const originChecker = new OriginChecker({
      originPolicy: options.originPolicy ?? allowedOrigins([]),
      trustedProxies: options.trustedProxies ?? addressList(['127.0.0.1', '::1']),
      keptHeaders: options.keptHeaders ?? [],
    });
    this.#context = { requests: { open: 0 }, originChecker, onFault };
    this.#streams = new Streams(options.stallMs ?? STALL_MS);
  }

  /**
   * `onFault` receives errors that a handler threw. Throws UnsupportedNodeError if there is no
   * binary.
   */
  static async create(onFault: FaultHandler, options: ServerOptions = {}): Promise<Server> {
    return new Server(await loadUws(), onFault, options);
  }

  /** Adds routes. All routes and endpoints are added before `listen`. */
  route(routes: readonly HttpRoute[]): void {
    for (const route of routes) {
      this.#add(route.method, route.path, (response, request, isHead) =>
        serve(route, this.#context, response, request, isHead),
      );
      if (route.isForPages) this.#answerPreflight(route.method, route.path);
    }
  }

  stream(endpoint: StreamEndpoint): void {
    const { method, path } = endpoint;
    this.#add(method, path, (response, request, isHead) =>
      serveStream(endpoint, this.#streams, this.#context, response, request, isHead),
    );
    this.#answerPreflight(method, path);
  }

  webSocket(path: string, endpoint: WebSocketEndpoint): void {
    this.#app.ws(path, buildBehavior(endpoint, this.#context.originChecker));
    // A GET without a valid upgrade request falls through to here.
    const reply = errorReply(426, 'badRequest', `${path} accepts only WebSocket connections`, {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
    });
    this.#add('GET', path, (response, request, isHead) =>
      answerEarly(response, request, reply, { isHead }),
    );
  }

  /** Sends one frame to every connection that has joined the topic. */
  publish(topic: string, frame: Frame): void {
    this.#app.publish(topic, frame, isBytes(frame));
    this.#streams.topics.publish(topic, frame);
  }

  /** Resolves with the port, which the system chooses if `port` is 0. Rejects with ListenError. */
  listen(host: string, port: number): Promise<number> {
    this.#app.any('/*', (response, request) => {
      const isHead = request.getMethod() === 'head';
      const isForPages = this.#pagePaths.has(request.getUrl());
      const headers = isForPages ? this.#context.originChecker.checkPage(request).headers : {};
      answerEarly(response, request, this.#unrouted(request), { isHead, headers });
    });
    return new Promise((resolve, reject) => {
      // Without an exclusive port, a second newswire on it would silently take half the clients.
      this.#listenExclusively(host, port, (socket) => {
        if (!socket) return reject(new ListenError(host, port));
        this.#listening = socket;
        resolve(this.#uws.us_socket_local_port(socket));
      });
    });
  }

  /**
   * Accepts no more connections, waits up to 3 s for open requests, then closes all connections.
   */
  async close(): Promise<void> {
    if (this.#listening !== undefined) this.#uws.us_listen_socket_close(this.#listening);
    this.#listening = undefined;
    const deadline = Date.now() + LAST_ANSWERS_MS;
    while (this.#context.requests.open > 0 && Date.now() < deadline) await delay(10);
    this.#streams.close();
    this.#app.close();
  }

  #add(
    method: 'GET' | 'POST',
    path: string,
    handle: (response: Uws.HttpResponse, request: Uws.HttpRequest, isHead: boolean) => void,
  ): void {
    this.#allow(path, method);
    if (method === 'POST') {
      this.#app.post(path, (response, request) => handle(response, request, false));
      return;
    }
    this.#app.get(path, (response, request) => handle(response, request, false));
    this.#app.head(path, (response, request) => handle(response, request, true));
    this.#allow(path, 'HEAD');
  }

  #answerPreflight(method: string, path: string): void {
    this.#pagePaths.add(path);
    this.#app.options(path, (response, request) => {
      answerEarly(response, request, this.#context.originChecker.answerPreflight(method, request));
    });
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
      return errorReply(404, 'methodNotFound', `unknown path ${path}`);
    }
    const allow = methods.join(', ');
    return errorReply(405, 'badRequest', `${path} accepts only ${allow}`, { Allow: allow });
  }
}

/** The package has this option and the four-argument `listen`, but its types do not. */
const LIBUS_LISTEN_EXCLUSIVE_PORT = 1;

interface ExclusiveListener {
  listen(
    host: string,
    port: number,
    options: number,
    onListen: (socket: Uws.us_listen_socket | false) => void,
  ): unknown;
}
