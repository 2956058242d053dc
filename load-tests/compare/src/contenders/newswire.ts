// newswire in each of its set-ups, and the raw limit.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { NginxServer, ROOT } from '@newswire/testkit';
import type { GeneratorArgs, Layout, Ports } from '../system/system.js';
import {
  OTHER_CORE,
  pinCommand,
  SERVER_CORE,
  type Program,
  type Running,
} from '../system/programs.js';

import { defineContender, runRedis, type Recipe } from './define.js';
import { centrifugeLibrary } from './libraries.js';
import { readNginxVersion, readPackageVersion, readRedisVersion } from './versions.js';

const locate = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** newswire as it is measured: where it is built, how its subscribers connect, the script of its embedded server. */
export interface Measured {
  readonly checkout: string;
  readonly protocol: string;
  readonly standalone: string;
}

export const locateStandalone = (checkout: string) =>
  `${checkout}/services/standalone/dist/main.js`;

/** This checkout's newswire. */
const built = { checkout: ROOT, protocol: 'centrifuge', standalone: locateStandalone(ROOT) };

const QUIET = { NEWSWIRE_LOG_LEVEL: 'error', NEWSWIRE_DRAIN_MS: '0' };

/** As `make start`, the image and docker-compose.yml start them. */
const NODE_FLAGS = {
  standalone: ['--min-semi-space-size=16'],
  edge: ['--min-semi-space-size=16', '--max-semi-space-size=32'],
  center: ['--max-semi-space-size=32'],
};

type Env = Readonly<Record<string, string>>;

/** A script that takes its port by NEWSWIRE_PORT and is both publisher's and subscribers' server. */
function runStandalone(script: string, port: number, env: Env = {}): Program {
  return {
    name: 'the standalone server',
    command: [process.execPath, ...NODE_FLAGS.standalone, script],
    env: { ...QUIET, NEWSWIRE_PORT: String(port), ...env },
    ready: `http://127.0.0.1:${port}/readyz`,
  };
}

function runService(
  { checkout }: Pick<Measured, 'checkout'>,
  name: 'edge' | 'center',
  port: number,
  { core = SERVER_CORE, ...env }: { core?: number; [name: string]: string | number | undefined },
): Program {
  const script = `${checkout}/services/${name}/dist/main.js`;
  return {
    name,
    core,
    command: [process.execPath, ...NODE_FLAGS[name], script],
    env: { ...QUIET, [`NEWSWIRE_${name.toUpperCase()}_PORT`]: String(port), ...(env as Env) },
    ready: `http://127.0.0.1:${port}/readyz`,
  };
}

/** One process, such as newswire's embedded server. */
export const planStandalone =
  (script: string, protocol: string, env: Env = {}) =>
  ({ clients }: Ports): Layout => ({
    programs: [runStandalone(script, clients, env)],
    args: ['--protocol', protocol],
  });

/** The embedded server, whose clients may publish without a limit. */
const planInMemory = (protocol: string) =>
  planStandalone(built.standalone, protocol, {
    NEWSWIRE_CHANNELS_FILE: locate('channels.json'),
    NEWSWIRE_COMMANDS_PER_SECOND: '1000000',
  });

/**
 * A publisher of center waits for each answer: uWebSockets.js closes a connection on which a second request
 * arrives while the first waits for Redis or for the edges.
 */
const ONE_BY_ONE = ['--pipeline', 1];

/** Redis, center and edge; the edge is on the server's core, the others on `core`. */
const planCluster =
  (measured: Measured, core: number, edgeAt: keyof Ports = 'clients') =>
  (ports: Ports): Layout => {
    const env = { NEWSWIRE_REDIS_URL: `redis://127.0.0.1:${ports.redis}` };
    return {
      programs: [
        runRedis(ports.redis, core),
        runService(measured, 'center', ports.publish, { core, ...env }),
        runService(measured, 'edge', ports[edgeAt], env),
      ],
      args: ['--publish-port', ports.publish, '--protocol', measured.protocol],
    };
  };

/** All of newswire and its Redis on one core, published to by center's API. */
export const planOverRedis = (measured: Measured) => planCluster(measured, SERVER_CORE);

/** An edge alone on its core. Its publications come by the inlet: plain PUBLISH on Redis. */
export const planEdge =
  (measured: Measured) =>
  (ports: Ports): Layout => {
    const { programs, args } = planCluster(measured, OTHER_CORE)(ports);
    const inlet = ['--publish-by', 'redis', '--publish', 'PUBLISH news:c{C} {M}'];
    return { programs, args: [...args, '--publish-port', ports.redis, ...inlet] };
  };

const withArgs = (plan: (ports: Ports) => Layout, more: GeneratorArgs) => (ports: Ports) => {
  const { programs, args } = plan(ports);
  return { programs, args: [...args, ...more] };
};

/** Center and an edge without Redis. Neither is ready without the other, so the edge only has to listen. */
function planLinked({ clients, publish, link }: Ports): Layout {
  const secret = randomBytes(16).toString('hex');
  const env = { NEWSWIRE_BROKER: 'delegate', NEWSWIRE_LINK_SECRET: secret };
  const edge = runService(built, 'edge', clients, { ...env, NEWSWIRE_DELEGATE_PORT: String(link) });
  const center = { ...env, NEWSWIRE_EDGES: `127.0.0.1:${link}` };
  return {
    programs: [{ ...edge, ready: clients }, runService(built, 'center', publish, center)],
    args: ['--publish-port', publish, ...ONE_BY_ONE],
  };
}

async function listChildren(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Redis, center, an edge and Nginx in front of it, all on one core. */
const planBehindNginx =
  (workers: number) =>
  (ports: Ports): Layout => {
    const { programs, args } = planCluster(built, SERVER_CORE, 'link')(ports);
    const startNginx = async (): Promise<Running> => {
      const nginx = await NginxServer.start(
        { edges: [ports.link], center: [ports.publish] },
        { worker_processes: String(workers) },
        pinCommand(SERVER_CORE, ['nginx']),
        { port: ports.clients },
      );
      const pids = [nginx.pid, ...(await listChildren(nginx.pid))];
      return { pids, core: SERVER_CORE, stop: () => nginx.stop() };
    };
    return { programs: [...programs, startNginx], args: [...args, ...ONE_BY_ONE] };
  };

/** Publishing to many channels costs less over a WebSocket than over HTTP. */
const PUBLISH_BY_WEBSOCKET = Object.entries({
  '--publish-by': 'ws',
  '--publish-path': '/connection/websocket',
  '--publish-hello': '{"id":1,"connect":{}}',
  '--publish': '{"id":2,"publish":{"channel":"c{C}","data":"{M}"}}',
}).flat();

const PROTOCOL =
  'subscribers on the Centrifuge protocol, which joins the messages of a tick to one frame';
const HISTORY = 'history as it comes: 1,000 items and 10 minutes a channel';

const readNewswireVersion = () => readPackageVersion('newswire', '.');

function defineNewswire(recipe: Omit<Recipe, 'kind' | 'versions'> & Partial<Recipe>) {
  return defineContender({ kind: 'newswire', versions: [readNewswireVersion], ...recipe });
}

const library = centrifugeLibrary;

export const newswireMemory = defineNewswire({
  id: 'newswire',
  name: 'newswire',
  about: `The embedded server: edge and center in one process, ${PROTOCOL}; published by its API, to 1,000 channels by clients over WebSocket; ${HISTORY}.`,
  plan: planInMemory(built.protocol),
  channelsArgs: PUBLISH_BY_WEBSOCKET,
  recovery: { library, plan: planStandalone(built.standalone, built.protocol) },
});

export const newswireRedis = defineNewswire({
  id: 'newswire-redis',
  name: 'newswire over Redis',
  about: `Redis, center and an edge; published by center's API, ${HISTORY}.`,
  needs: { programs: ['redis-server'] },
  versions: [readNewswireVersion, readRedisVersion],
  plan: withArgs(planOverRedis(built), ONE_BY_ONE),
  recovery: { library, plan: planOverRedis(built), publishAt: 'publish' },
});

export const newswireDelegate = defineNewswire({
  id: 'newswire-delegate',
  name: 'newswire delegate',
  about: `Center and an edge without Redis; published by center's API, ${HISTORY}.`,
  plan: planLinked,
  recovery: { library, plan: planLinked, publishAt: 'publish' },
});

/**
 * Two workers: a client takes two connections, and 10,000 clients are more than nginx.conf, and many a limit of
 * open files, allow one worker.
 */
export const newswireNginx = defineNewswire({
  id: 'newswire-nginx',
  name: 'newswire behind Nginx',
  about: `Redis, center, an edge, and before it the project's nginx.conf with two workers; published by center's API, ${HISTORY}.`,
  needs: { programs: ['redis-server', 'nginx'] },
  versions: [readNewswireVersion, readRedisVersion, readNginxVersion],
  plan: planBehindNginx(2),
  recovery: { library, plan: planBehindNginx(1), publishAt: 'publish' },
});

export const newswireSeed = defineNewswire({
  id: 'newswire-seed',
  name: 'newswire, seed protocol',
  about:
    'The embedded server with subscribers on the seed protocol, which has a frame for each message.',
  plan: planInMemory('seed'),
  channelsArgs: PUBLISH_BY_WEBSOCKET,
});

/** What uWebSockets.js does by itself, on a protocol. */
export const planRaw = (protocol: string) => planStandalone(locate('raw-server.mjs'), protocol);

export const rawLimit = defineContender({
  id: 'raw',
  name: 'raw uWebSockets.js',
  kind: 'raw',
  about:
    'What uWebSockets.js does by itself for the same job, sending the same bytes: no history, no limits, nothing behind a reconnect.',
  versions: [() => readPackageVersion('uWebSockets.js', 'node_modules/uWebSockets.js')],
  plan: planRaw('centrifuge'),
});
