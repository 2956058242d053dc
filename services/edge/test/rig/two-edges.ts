import {
  type Broker,
  type BrokerHandler,
  type Control,
  type ControlHandler,
  MemoryBroker,
} from '@newswire/broker';
import { type Position, ProtocolError, toJsonLine } from '@newswire/protocol';
import { createLogger, createRegistry, type Environment, loadConfig } from '@newswire/runtime';
import { NginxServer, sessionsOn, TcpProxy } from '@newswire/testkit';
import { operationsRoutes, Server, type ServerOptions } from '@newswire/transport';
import type { Access, ConnectRequest } from '../../src/access/access.js';
import { OPEN_NAMESPACE, openAccess } from './open-access.js';
import { createEdge, type Edge } from '../../src/app.js';
import { createEdgeConfig, EDGE_SETTINGS } from '../../src/edge-config.js';
import { BoundedLog } from '../../src/bounded-log.js';
import { observeEdge } from '../../src/edge-observer.js';

const COMMON: Environment = {
  NEWSWIRE_DRAIN_MS: '0',
  NEWSWIRE_PING_INTERVAL_MS: '200',
  NEWSWIRE_RING_IDLE_MS: '100',
};

/** One log in memory for several edges. */
class SharedBroker {
  readonly memory = new MemoryBroker({
    getLimits: () => ({ historySize: 1000, historyTtlMs: 600_000 }),
    historyBytes: 100_000_000,
  });
  readonly #listeners = new Map<string, Set<BrokerHandler>>();
  readonly #all: BrokerHandler = {
    handlePublication: (channel, ...rest) =>
      this.#tell(channel, (handler) => handler.handlePublication(channel, ...rest)),
    handleGap: (channel) => this.#tell(channel, (handler) => handler.handleGap(channel)),
    handleRemoval: (channel, upTo) =>
      this.#tell(channel, (handler) => handler.handleRemoval(channel, upTo)),
  };

  /** As one edge sees it. */
  view(): Broker {
    const { memory } = this;
    const own = new Map<string, BrokerHandler>();
    return {
      fault: undefined,
      publish: (...request) => memory.publish(...request),
      history: (...request) => memory.history(...request),
      removeHistory: (channel) => memory.removeHistory(channel),
      close: () => Promise.resolve(),
      subscribe: (channel, handler) => {
        own.set(channel, handler);
        this.#listeners.set(channel, (this.#listeners.get(channel) ?? new Set()).add(handler));
        return memory.subscribe(channel, this.#all);
      },
      unsubscribe: (channel) => {
        const handler = own.get(channel);
        if (handler !== undefined) this.#listeners.get(channel)?.delete(handler);
        return Promise.resolve();
      },
    };
  }

  #tell(channel: string, tell: (handler: BrokerHandler) => void): void {
    this.#listeners.get(channel)?.forEach(tell);
  }
}

interface RunningEdge {
  readonly edge: Edge;
  readonly server: Server;
  readonly url: string;
  readonly port: number;
}

/** Two edges in this process, with one log, and Nginx before them behind a line that can be cut. */
export class TwoEdges {
  readonly broker = new SharedBroker();
  readonly edges: RunningEdge[] = [];
  /** Who has connected, as access is asked. */
  readonly visitors: ConnectRequest[] = [];
  /** What every connect is refused with. */
  refusal: Error | undefined;
  /** Which requests went from edge to edge. */
  readonly asked: string[] = [];
  readonly #handlers = new Map<string, ControlHandler>();
  #nginx: NginxServer | undefined;
  #line: TcpProxy | undefined;

  static async start(
    environment: Environment = {},
    options: ServerOptions = {},
    { withNginx = true } = {},
  ): Promise<TwoEdges> {
    const rig = new TwoEdges();
    await rig.#startEdge(environment, options);
    await rig.#startEdge(environment, options);
    const ports = rig.edges.map(({ port }) => port);
    if (withNginx) rig.#nginx = await NginxServer.start({ edges: ports, center: ports });
    rig.#line = await TcpProxy.start(rig.#nginx?.port ?? ports[0] ?? 0);
    return rig;
  }

  /** Of the line to Nginx. */
  get port(): number {
    return this.#line?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** One of them. */
  at(index: number): RunningEdge {
    const edge = this.edges[index];
    if (edge === undefined) throw new Error(`there is no edge ${index}`);
    return edge;
  }

  /** Cuts what is connected. */
  cut(): void {
    this.#line?.cut();
  }

  publish(channel: string, data: unknown): Promise<Position> {
    return this.broker.memory.publish(channel, toJsonLine(data));
  }

  async publishAll(channel: string, data: readonly unknown[]): Promise<void> {
    for (const item of data) await this.publish(channel, item);
  }

  sessions(): Promise<number[]> {
    return Promise.all(this.edges.map(sessionsOn));
  }

  async stop(): Promise<void> {
    this.#line?.close();
    await this.#nginx?.stop();
    for (const { edge, server } of this.edges) {
      await edge.drain();
      await server.close();
    }
    await this.broker.memory.close();
  }

  async #startEdge(environment: Environment, options: ServerOptions): Promise<void> {
    const config = loadConfig([...EDGE_SETTINGS], { ...COMMON, ...environment });
    const registry = createRegistry();
    const logger = createLogger({ service: 'edge', logLevel: 'error', logFormat: 'json' });
    const server = await Server.create((error) => logger.error(error), options);
    const control = this.#control();
    const open = openAccess(() => OPEN_NAMESPACE);
    const access: Access = {
      ...open,
      connect: (visitor) => {
        this.visitors.push(visitor);
        return this.refusal === undefined ? open.connect(visitor) : Promise.reject(this.refusal);
      },
    };
    const broker = this.broker.view();
    const edge = createEdge(createEdgeConfig(config), {
      server,
      broker,
      control,
      access,
      getOptions: () => OPEN_NAMESPACE,
      events: observeEdge(registry, logger, new BoundedLog(logger, Date.now)),
      logger,
      registry,
    });
    server.route(operationsRoutes({ ...edge, metrics: () => registry.metrics() }));
    const port = await server.listen('127.0.0.1', 0);
    this.edges.push({ edge, server, port, url: `http://127.0.0.1:${port}` });
  }

  /** Knows the edges by the uid that their handlers give. */
  #control(): Control {
    return {
      serve: async (handler) => {
        const { info } = await Promise.resolve(handler({ method: 'info' }));
        this.#handlers.set(info?.uid ?? '', handler);
      },
      request: async (request) =>
        Promise.all([...this.#handlers.values()].map(async (handler) => handler(request))),
      requestFrom: async (uid, request) => {
        const handler = this.#handlers.get(uid);
        if (handler === undefined) throw new ProtocolError('unknownChannel');
        this.asked.push(request.method);
        return handler(request);
      },
    };
  }
}
