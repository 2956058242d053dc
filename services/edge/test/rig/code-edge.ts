import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BrokerHandler,
  type HistoryPage,
  LocalControl,
  MemoryBlockList,
  MemoryBroker,
  MemoryPresence,
} from '@newswire/broker';
import { CENTER_SETTINGS, createCenter } from '@newswire/center';
import {
  CHANNEL_SETTINGS,
  createLogger,
  createRegistry,
  loadChannelOptions,
  loadConfig,
  type Registry,
} from '@newswire/runtime';
import { until } from '@newswire/testkit';
import { Server } from '@newswire/transport';
import { ACCESS_SETTINGS, createAccess } from '../../src/access/create-access.js';
import { createEdge, type Edge } from '../../src/app.js';
import { BoundedLog } from '../../src/bounded-log.js';
import { createEdgeConfig, EDGE_SETTINGS, type EdgeConfigExtras } from '../../src/edge-config.js';
import { observeEdge } from '../../src/edge-observer.js';
import type { RpcHandler } from '../../src/access/access.js';
import { SERVER_SETTINGS, buildServerOptions } from '../../src/server-options.js';
import { CodeClient, type Encoding } from './code-client.js';

const CHANNELS = {
  unknown_namespaces: 'refuse',
  default: { read_history: 'everyone' },
  namespaces: { users: { subscribe: 'users' }, hook: { subscribe: 'hook' } },
};

/** A broker whose logs can go on without any of what was published. */
class ForgetfulBroker extends MemoryBroker {
  readonly #listeners = new Map<string, BrokerHandler>();
  #hasForgotten = false;

  forget(): void {
    this.#hasForgotten = true;
    for (const [channel, handler] of this.#listeners) handler.handleGap(channel);
  }

  override subscribe(channel: string, handler: BrokerHandler): Promise<void> {
    this.#listeners.set(channel, handler);
    return super.subscribe(channel, handler);
  }

  override async history(channel: string, since: number, limit: number): Promise<HistoryPage> {
    const page = await super.history(channel, since, limit);
    if (!this.#hasForgotten) return page;
    return { ...page, publications: [], agesMs: [], topOffset: page.topOffset + 100 };
  }
}

export interface CodeSetup {
  /** Of its clients. Default: json. */
  readonly encoding?: Encoding;
  readonly rpc?: RpcHandler;
  /** Timeouts that differ from the defaults. */
  readonly timeouts?: EdgeConfigExtras;
  /** NEWSWIRE_* settings, without that prefix. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A real edge and the server API on one port, in this process. */
export class CodeEdge {
  readonly broker: ForgetfulBroker;
  readonly #server: Server;
  readonly #edge: Edge;
  readonly #registry: Registry;
  readonly #clients: CodeClient[] = [];
  #encoding: Encoding = 'json';
  #port = 0;

  private constructor(broker: ForgetfulBroker, server: Server, edge: Edge, registry: Registry) {
    this.broker = broker;
    this.#server = server;
    this.#edge = edge;
    this.#registry = registry;
  }

  /** Resolves once the edge has closed a session with this code. */
  async hasClosed(code: number): Promise<void> {
    const line = `newswire_edge_closes_total{code="${code}"}`;
    await until(`a close with ${code}`, async () =>
      (await this.#registry.metrics()).includes(line),
    );
  }

  async sessions(): Promise<number> {
    return (await this.metric('sessions')) ?? NaN;
  }

  /** What `/metrics` has for a name behind `newswire_edge_`, with its labels. */
  async metric(name: string): Promise<number | undefined> {
    const lines = (await this.#registry.metrics()).split('\n');
    const start = `newswire_edge_${name} `;
    const line = lines.find((each) => each.startsWith(start));
    return line === undefined ? undefined : Number(line.slice(start.length));
  }

  static async start(setup: CodeSetup): Promise<CodeEdge> {
    const { settings = {}, timeouts = {}, rpc, encoding = 'json' } = setup;
    const set = Object.entries(settings).map(([name, value]) => [`NEWSWIRE_${name}`, `${value}`]);
    const common = { NEWSWIRE_DRAIN_MS: '0', NEWSWIRE_SUBSCRIBE_HOOK_URL: 'http://127.0.0.1:1/' };
    const config = parseConfig({ ...common, ...Object.fromEntries(set) });
    const channels = loadChannelOptions(config);
    const registry = createRegistry();
    const server = await Server.create(
      (error) => {
        throw error;
      },
      buildServerOptions(config, registry),
    );
    const logger = createLogger({ service: 'edge', logLevel: 'error', logFormat: 'json' });
    const broker = new ForgetfulBroker({ getLimits: channels.getLimits, historyBytes: 1_000_000 });
    const control = new LocalControl();
    const presence = new MemoryPresence();
    const blockList = new MemoryBlockList();
    const events = observeEdge(registry, logger, new BoundedLog(logger, Date.now));
    const access = createAccess(config, { ...channels, logger, events });
    const { getOptions } = channels;
    const edge = createEdge(createEdgeConfig(config, timeouts), {
      server,
      broker,
      control,
      presence,
      blockList,
      access: access.access,
      rpc: rpc ?? access.rpc,
      hooks: access.hooks,
      getOptions,
      events,
      logger,
      registry,
    });
    createCenter({
      server,
      broker,
      control,
      presence,
      blockList,
      getOptions,
      config,
      logger,
      registry,
    });
    const started = new CodeEdge(broker, server, edge, registry);
    started.#encoding = encoding;
    started.#port = await server.listen('127.0.0.1', 0);
    return started;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  open(path = `/connection/websocket?format=${this.#encoding}`): Promise<CodeClient> {
    const url = `ws://127.0.0.1:${this.#port}${path}`;
    const client = new CodeClient(url, this.#encoding);
    this.#clients.push(client);
    return client.opened();
  }

  /** A client with this token, and with what it sends in the same frame. */
  async connected(token = '', ...commands: object[]): Promise<CodeClient> {
    const client = await this.open();
    client.send({ id: 1, connect: { token } }, ...commands);
    return client;
  }

  drain(): Promise<void> {
    return this.#edge.drain();
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.terminate();
    await this.#edge.drain();
    await this.#server.close();
    await this.broker.close();
  }
}

const DIRECTORY = mkdtempSync(join(tmpdir(), 'newswire-codes-'));
const CHANNELS_FILE = join(DIRECTORY, 'channels.json');
writeFileSync(CHANNELS_FILE, JSON.stringify(CHANNELS));
process.once('exit', () => rmSync(DIRECTORY, { recursive: true, force: true }));

function parseConfig(environment: Record<string, string>) {
  return loadConfig(
    [
      ...EDGE_SETTINGS,
      ...ACCESS_SETTINGS,
      ...SERVER_SETTINGS,
      ...CHANNEL_SETTINGS,
      ...CENTER_SETTINGS,
    ],
    { ...environment, NEWSWIRE_CHANNELS_FILE: CHANNELS_FILE },
  );
}
