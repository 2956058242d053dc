import { randomBytes } from 'node:crypto';
import {
  nodeProgram,
  pinned,
  redisOn,
  SERVER_CORE,
  startAll,
  stopAll,
  type Program,
  type Running,
} from '@newswire/load-harness';
import { freePort, NginxServer, ROOT } from '@newswire/testkit';
import type { RecoveryContender, RecoverySystem } from '../contender.js';
import { connectByCentrifuge, publishByApi } from './newswire-client.js';

type Service = 'standalone' | 'center' | 'edge';
type Environment = Readonly<Record<string, string>>;

const PORT_NAMES: Readonly<Record<Service, string>> = {
  standalone: 'NEWSWIRE_PORT',
  center: 'NEWSWIRE_CENTER_PORT',
  edge: 'NEWSWIRE_EDGE_PORT',
};

function service(name: Service, port: number, env: Environment = {}): Program {
  const script = `${ROOT}services/${name}/dist/main.js`;
  const program = nodeProgram(name, SERVER_CORE, script, [PORT_NAMES[name], port]);
  return { ...program, env: { ...program.env, ...env } };
}

/** Where clients connect, and where is published. */
interface Ports {
  readonly clients: number;
  readonly api: number;
}

function systemAt(ports: Ports, running: readonly { stop(): Promise<void> }[]): RecoverySystem {
  return {
    port: ports.clients,
    connect: (port, channel, client) =>
      connectByCentrifuge(`ws://127.0.0.1:${port}/connection/websocket`, channel, client),
    publish: (channel, data) => publishByApi(ports.api, channel, data),
    stop: () => stopAll(running),
  };
}

/** One process, the log in its memory. */
export const standaloneRecovery: RecoveryContender = {
  start: async () => {
    const port = await freePort();
    const running = await startAll([service('standalone', port)]);
    return systemAt({ clients: port, api: port }, running);
  },
};

interface Cluster extends Ports {
  readonly running: readonly Running[];
}

async function overRedis(): Promise<Cluster> {
  const [redis, api, clients] = [await freePort(), await freePort(), await freePort()];
  const env = { NEWSWIRE_REDIS_URL: `redis://127.0.0.1:${redis}` };
  const programs = [
    redisOn(SERVER_CORE, redis),
    service('center', api, env),
    service('edge', clients, env),
  ];
  return { clients, api, running: await startAll(programs) };
}

/** Center, Redis and an edge. */
export const redisRecovery: RecoveryContender = {
  start: async () => {
    const cluster = await overRedis();
    return systemAt(cluster, cluster.running);
  },
};

/** Center and an edge over a link of their own, the log in center's memory. */
export const delegateRecovery: RecoveryContender = {
  start: async () => {
    const [link, api, clients] = [await freePort(), await freePort(), await freePort()];
    const env = {
      NEWSWIRE_BROKER: 'delegate',
      NEWSWIRE_LINK_SECRET: randomBytes(16).toString('hex'),
    };
    const edge = service('edge', clients, { ...env, NEWSWIRE_DELEGATE_PORT: String(link) });
    const center = service('center', api, { ...env, NEWSWIRE_EDGES: `127.0.0.1:${link}` });
    // An edge is ready once center has dialled it, and center without edges is not: neither waits for the other.
    const listening = { ...edge, ready: clients };
    const running = await startAll([listening, center]);
    return systemAt({ clients, api }, running);
  },
};

/** What `redisRecovery` starts, behind Nginx on the same core. */
export const nginxRecovery: RecoveryContender = {
  start: async () => {
    const cluster = await overRedis();
    const { clients, api, running } = cluster;
    try {
      const upstreams = { edges: [clients], center: [api] };
      const settings = { worker_processes: '1' };
      const nginx = await NginxServer.start(upstreams, settings, pinned(SERVER_CORE, ['nginx']));
      return systemAt({ clients: nginx.port, api }, [...running, nginx]);
    } catch (error) {
      await stopAll(running);
      throw error;
    }
  },
};
