import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  cluster,
  embedded,
  missing,
  onOneCore,
  pinned,
  raw,
  SERVER_CORE,
  service,
  startAll,
  stopAll,
  systemOf,
  type Measured,
  type StartSystem,
} from '@newswire/load-harness';
import { freePort, NginxServer, ROOT } from '@newswire/testkit';
import type { Contender, RecoveryContender } from '../contender.js';
import { systemAt } from './centrifuge.js';
import { newswireVersion, redisVersion, uwsVersion, versionOf, versionsOf } from './versions.js';

const channelsFile = fileURLToPath(new URL('../../channels.json', import.meta.url));

/** This checkout's newswire. */
const built: Measured = {
  checkout: ROOT,
  wire: 'centrifuge',
  standalone: `${ROOT}services/standalone/dist/main.js`,
};

/**
 * A publisher of center waits for each answer: uWebSockets.js closes a connection on which a second request arrives
 * while the first waits for Redis or for the edges.
 */
const oneByOne = ['--pipeline', '1'] as const;

/** Publishing to many channels costs less over a WebSocket than over HTTP. */
const publishByWebSocket = [
  '--publish-by',
  'ws',
  '--publish-path',
  '/connection/websocket',
  '--publish-hello',
  '{"id":1,"connect":{}}',
  '--publish',
  '{"id":2,"publish":{"channel":"c{C}","data":"{M}"}}',
];

/** The embedded server, whose clients may publish without a limit. */
const inMemory =
  (wire: string): StartSystem =>
  async () => {
    const port = await freePort();
    const server = embedded('newswire', built.standalone, port);
    const open = { NEWSWIRE_CHANNELS_FILE: channelsFile, NEWSWIRE_COMMANDS_PER_SECOND: '1000000' };
    const env = { ...server.env, ...open };
    return systemOf('newswire', [{ ...server, env }], ['--ports', port, '--wire', wire]);
  };

/** Center and an edge without Redis. Neither is ready without the other, so the edge only has to listen. */
async function linked() {
  const [link, center, edge] = [await freePort(), await freePort(), await freePort()];
  const secret = randomBytes(16).toString('hex');
  const shared = { NEWSWIRE_BROKER: 'delegate', NEWSWIRE_LINK_SECRET: secret };
  const edgeEnv = { ...shared, NEWSWIRE_DELEGATE_PORT: String(link) };
  const centerEnv = { ...shared, NEWSWIRE_EDGES: `127.0.0.1:${link}` };
  const programs = [
    { ...service(built, 'edge', SERVER_CORE, { own: edge, env: edgeEnv }), ready: edge },
    service(built, 'center', SERVER_CORE, { own: center, env: centerEnv }),
  ];
  return { edge, center, programs };
}

const overLink: StartSystem = async () => {
  const { edge, center, programs } = await linked();
  const ports = ['--ports', edge, '--publish-port', center];
  return systemOf('newswire', programs, [...ports, ...oneByOne]);
};

const overRedis: StartSystem = async () => {
  const system = await onOneCore(built)();
  return { ...system, args: [...system.args, ...oneByOne] };
};

/** Starts Redis, center, an edge and Nginx in front of it, all on one core. */
async function startBehindNginx(workers: string) {
  const { edge, center, programs } = await cluster(built, SERVER_CORE);
  const running = await startAll(programs);
  try {
    const upstreams = { edges: [edge], center: [center] };
    const settings = { worker_processes: workers };
    const nginx = await NginxServer.start(upstreams, settings, pinned(SERVER_CORE, ['nginx']));
    return { nginx, center, programs: running, running: [...running, nginx] };
  } catch (error) {
    await stopAll(running);
    throw error;
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/**
 * Two workers: a client takes two connections, and 10,000 clients are more than nginx.conf, and many a limit of open
 * files, allow one worker.
 */
const behindNginx: StartSystem = async () => {
  const { nginx, center, programs, running } = await startBehindNginx('2');
  try {
    const pids = [...programs.map(({ pid }) => pid), nginx.pid, ...(await childrenOf(nginx.pid))];
    const ports = ['--ports', String(nginx.port), '--publish-port', String(center)];
    return {
      name: 'newswire',
      args: [...ports, ...oneByOne, '--wire', built.wire, '--pids', pids.join(',')],
      stop: () => stopAll(running),
    };
  } catch (error) {
    await stopAll(running);
    throw error;
  }
};

/** One process, the log in its memory. */
export const standaloneRecovery: RecoveryContender = {
  start: async () => {
    const port = await freePort();
    const running = await startAll([embedded('newswire', built.standalone, port)]);
    return systemAt({ clients: port, api: port }, running);
  },
};

/** Center, Redis and an edge. */
export const redisRecovery: RecoveryContender = {
  start: async () => {
    const { edge, center, programs } = await cluster(built, SERVER_CORE);
    return systemAt({ clients: edge, api: center }, await startAll(programs));
  },
};

/** Center and an edge over a link, the log in center's memory. */
export const delegateRecovery: RecoveryContender = {
  start: async () => {
    const { edge, center, programs } = await linked();
    return systemAt({ clients: edge, api: center }, await startAll(programs));
  },
};

/** The servers of `redisRecovery`, behind Nginx on the same core. */
export const nginxRecovery: RecoveryContender = {
  start: async () => {
    const { nginx, center, running } = await startBehindNginx('1');
    return systemAt({ clients: nginx.port, api: center }, running);
  },
};

const nginxVersion = () => versionOf('Nginx', ['nginx', '-v']);
const wire = 'subscribers on the Centrifuge wire, which joins the messages of a tick to one frame';
const history = 'history as it comes: 1,000 items and 10 minutes a channel';
const kind = 'newswire';

export const newswireMemory: Contender = {
  id: 'newswire',
  name: 'newswire',
  kind,
  about: `The embedded server: edge and center in one process, ${wire}; published by its API, to 1,000 channels by clients over WebSocket; ${history}.`,
  obstacle: () => '',
  version: newswireVersion,
  start: inMemory(built.wire),
  channelsArgs: publishByWebSocket,
  recovery: standaloneRecovery,
};

export const newswireRedis: Contender = {
  id: 'newswire-redis',
  name: 'newswire over Redis',
  kind,
  about: `Redis, center and an edge; published by center's API, ${history}.`,
  obstacle: () => missing({ programs: ['redis-server'] }),
  version: () => versionsOf(newswireVersion, redisVersion),
  start: overRedis,
  recovery: redisRecovery,
};

export const newswireDelegate: Contender = {
  id: 'newswire-delegate',
  name: 'newswire delegate',
  kind,
  about: `Center and an edge without Redis; published by center's API, ${history}.`,
  obstacle: () => '',
  version: newswireVersion,
  start: overLink,
  recovery: delegateRecovery,
};

export const newswireNginx: Contender = {
  id: 'newswire-nginx',
  name: 'newswire behind Nginx',
  kind,
  about: `Redis, center, an edge, and before it the project's nginx.conf with two workers; published by center's API, ${history}.`,
  obstacle: () => missing({ programs: ['redis-server', 'nginx'] }),
  version: () => versionsOf(newswireVersion, redisVersion, nginxVersion),
  start: behindNginx,
  recovery: nginxRecovery,
};

export const newswireSeed: Contender = {
  id: 'newswire-seed',
  name: 'newswire, seed wire',
  kind,
  about:
    'The embedded server with subscribers on the seed wire, which has a frame for each message.',
  obstacle: () => '',
  version: newswireVersion,
  start: inMemory('seed'),
  channelsArgs: publishByWebSocket,
};

export const rawLimit: Contender = {
  id: 'raw',
  name: 'raw uWebSockets.js',
  kind: 'raw',
  about:
    'What uWebSockets.js does by itself for the same job, with the same bytes on the wire: no history, no limits, nothing behind a reconnect.',
  obstacle: () => '',
  version: uwsVersion,
  start: raw('centrifuge'),
};
