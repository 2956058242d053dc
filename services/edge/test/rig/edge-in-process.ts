import { LocalControl, MemoryBroker } from '@newswire/broker';
import { createLogger, createRegistry, loadConfig, type Environment } from '@newswire/runtime';
import { Server } from '@newswire/transport';
import { OPEN_NAMESPACE, openAccess } from './open-access.js';
import { createEdge, type Edge, type EdgeParts } from '../../src/app.js';
import { createEdgeConfig, EDGE_SETTINGS } from '../../src/edge-config.js';
import { NO_EVENTS } from '../../src/edge-events.js';
import type { ReplaceableParts } from './core-parts.js';

/** What a test may choose besides an edge's parts. */
interface EdgeInProcessOptions extends Partial<Pick<EdgeParts, 'protocols' | 'events'>> {
  readonly settings?: Environment;
}

/** A real edge on a port of its own, in this process: who may do what is up to the test. */
export class EdgeInProcess {
  readonly broker: MemoryBroker;
  readonly control: LocalControl;
  readonly port: number;
  readonly #server: Server;
  readonly #edge: Edge;

  private constructor(
    broker: MemoryBroker,
    control: LocalControl,
    port: number,
    server: Server,
    edge: Edge,
  ) {
    this.broker = broker;
    this.control = control;
    this.port = port;
    this.#server = server;
    this.#edge = edge;
  }

  static async start(
    replaced: ReplaceableParts,
    { settings = {}, ...more }: EdgeInProcessOptions = {},
  ): Promise<EdgeInProcess> {
    const environment = { NEWSWIRE_DRAIN_MS: '0', NEWSWIRE_RING_IDLE_MS: '100', ...settings };
    const server = await Server.create((error) => {
      throw error;
    });
    const broker = new MemoryBroker({
      getLimits: () => ({ historySize: 1000, historyTtlMs: 600_000 }),
      historyBytes: 10_000_000,
    });
    const control = new LocalControl();
    const config = loadConfig(EDGE_SETTINGS, environment);
    const logger = createLogger({ service: 'edge', logLevel: 'error', logFormat: 'json' });
    const registry = createRegistry();
    const getOptions = replaced.getOptions ?? (() => OPEN_NAMESPACE);
    const edge = createEdge(createEdgeConfig(config), {
      server,
      broker,
      control,
      presence: replaced.presence,
      access: replaced.access ?? openAccess(getOptions),
      rpc: replaced.rpc,
      hooks: replaced.hooks,
      getOptions,
      events: NO_EVENTS,
      logger,
      registry,
      ...more,
    });
    const port = await server.listen('127.0.0.1', 0);
    return new EdgeInProcess(broker, control, port, server, edge);
  }

  async stop(): Promise<void> {
    await this.#edge.drain();
    await this.#server.close();
    await this.broker.close();
  }
}
