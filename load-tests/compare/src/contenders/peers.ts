// The servers that newswire is measured beside. peers/install builds, unpacks or installs them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { freePort, missingPrograms, programPath } from '@newswire/testkit';
import { locatePeer, PEERS, start, type Program } from '../system/programs.js';
import type { Layout, Ports } from '../system/system.js';
import { defineContender, runRedis } from './define.js';
import { centrifugeLibrary, nchanLibrary, socketIoLibrary } from './libraries.js';
import {
  readGoVersions,
  readNginxVersion,
  readPackageVersion,
  readRedisVersion,
  readVersion,
} from './versions.js';

/** Items that a peer keeps of a channel where recovery is measured: more than a run publishes. */
const RECOVERY_HISTORY = 100_000;
const HISTORY = 1000;
const OPEN_FILES = 19_000; // below the usual hard limit of 20,000
const GO_ENV = { GOMAXPROCS: '1' };

/** Clients of the seed protocol may publish by it as well. */
const SEED_ARGS = ['--protocol', 'seed', '--publish-by', 'ws', '--publish', 'pub#c{C}#{M}'];

/** Why the packages of a script in peers/ are missing, in a sentence of peers/install; empty when they are not. */
function describeMissingPackages(folder: string, mark: string): string {
  if (existsSync(mark)) return '';
  const reason = locatePeer(`${folder}.missing`);
  if (existsSync(reason)) return `${folder} is not here: ${readFileSync(reason, 'utf8').trim()}`;
  return `${folder} is not here (load-tests/peers/install installs it)`;
}

const describeMissingModules = (folder: string) =>
  describeMissingPackages(folder, `${PEERS}${folder}/node_modules/.made-from`);

const readModuleVersion = (name: string, folder: string, module: string) =>
  readPackageVersion(name, `load-tests/peers/${folder}/node_modules/${module}`);
const readNodeVersion = async () => `Node ${process.versions.node}`;

function runNode(folder: string, port: number, env: Record<string, string> = {}): Program {
  return {
    name: folder,
    command: [process.execPath, `${PEERS}${folder}/server.mjs`],
    env: { NODE_ENV: 'production', PORT: String(port), ...env },
    ready: port,
  };
}

export const wsLoop = defineContender({
  id: 'ws-loop',
  name: 'ws loop',
  about:
    'The naive loop on Node: `client.send(news)` for one client of a channel after the other, without ' +
    'compression; published over WebSocket. It keeps nothing.',
  obstacle: () => describeMissingModules('ws-loop'),
  versions: [() => readModuleVersion('ws', 'ws-loop', 'ws'), readNodeVersion],
  plan: ({ clients }) => ({ programs: [runNode('ws-loop', clients)], args: SEED_ARGS }),
});

const python = locatePeer('venv/bin/python');

export const tornado = defineContender({
  id: 'tornado',
  name: 'Tornado',
  about:
    'The design newswire grew from: one Tornado process, a loop over the clients of a channel, without ' +
    'compression; published over WebSocket. It keeps nothing.',
  obstacle: () => describeMissingPackages('tornado', locatePeer('venv/tornado.made-from')),
  versions: [
    () => readVersion('Tornado', [python, '-c', 'import tornado; print(tornado.version)']),
    () => readVersion('Python', [python, '--version']),
  ],
  plan: ({ clients }) => {
    const command = [python, `${PEERS}tornado/server.py`, String(clients)] as const;
    return { programs: [{ name: 'tornado', command, ready: clients }], args: SEED_ARGS };
  },
});

const SOCKET_IO_ARGS = ['--protocol', 'socket.io', '--publish-by', 'ws'];
const readSocketIoVersion = () => readModuleVersion('Socket.IO', 'socket-io', 'socket.io');

export const socketIo = defineContender({
  id: 'socket.io',
  name: 'Socket.IO',
  about:
    'A room for each channel, in memory, over WebSocket alone, without compression; published by an event ' +
    'from a client. It keeps nothing, but for recovery, where its connection state recovery is on.',
  obstacle: () => describeMissingModules('socket-io'),
  versions: [readSocketIoVersion, readNodeVersion],
  plan: ({ clients }) => ({ programs: [runNode('socket-io', clients)], args: SOCKET_IO_ARGS }),
  // Its memory holds all events of the last two minutes, and connections that were cut off as long.
  recovery: {
    library: socketIoLibrary,
    plan: ({ clients }) => ({
      programs: [runNode('socket-io', clients, { RECOVERY: 'on' })],
      args: [],
    }),
  },
});

/** A server whose events go through a Redis stream, and that Redis, on one core. */
const planSocketIoRedis = ({ clients, redis }: Ports): Layout => {
  const env = { REDIS_URL: `redis://127.0.0.1:${redis}`, RECOVERY: 'on' };
  return { programs: [runRedis(redis), runNode('socket-io', clients, env)], args: SOCKET_IO_ARGS };
};

export const socketIoRedis = defineContender({
  id: 'socket.io-redis',
  name: 'Socket.IO over Redis',
  about:
    'The same with its Redis streams adapter and connection state recovery: the stream keeps 10,000 events ' +
    'of all channels together, its default.',
  needs: { programs: ['redis-server'] },
  obstacle: () => describeMissingModules('socket-io'),
  versions: [
    readSocketIoVersion,
    () =>
      readModuleVersion(
        'its Redis streams adapter',
        'socket-io',
        '@socket.io/redis-streams-adapter',
      ),
    readRedisVersion,
    readNodeVersion,
  ],
  plan: planSocketIoRedis,
  // The stream holds the last 10,000 events; Redis keeps connections that were cut off for two minutes.
  recovery: { library: socketIoLibrary, plan: planSocketIoRedis },
});

/** The server of peers/centrifuge with its memory engine or with Redis, on one core. */
const planCentrifuge =
  (engine: 'memory' | 'redis', ...options: readonly string[]) =>
  ({ clients, redis }: Ports): Layout => {
    const isRedis = engine === 'redis';
    const engineArgs = isRedis ? ['-redis', `127.0.0.1:${redis}`] : [];
    const listen = ['-listen', `127.0.0.1:${clients}`];
    const server: Program = {
      name: 'the Centrifuge server',
      command: [locatePeer('centrifuge'), ...listen, ...engineArgs, ...options],
      env: GO_ENV,
      ready: `http://127.0.0.1:${clients}/readyz`,
    };
    const programs = isRedis ? [runRedis(redis), server] : [server];
    return { programs, args: ['--protocol', 'centrifuge'] };
  };

const recoverCentrifuge = (engine: 'memory' | 'redis') => ({
  library: centrifugeLibrary,
  plan: planCentrifuge(engine, '-recover', '-history', String(RECOVERY_HISTORY)),
});
const readCentrifugeVersion = () => readGoVersions('Centrifuge', locatePeer('centrifuge'));
const ABOUT_CENTRIFUGE =
  'with GOMAXPROCS=1, the JSON protocol, frames of any number of messages; keeps 1,000 items for 10 minutes';

export const centrifugeMemory = defineContender({
  id: 'centrifuge-memory',
  name: 'Centrifuge (memory)',
  about: `A server on the Go module with its memory engine, ${ABOUT_CENTRIFUGE}.`,
  needs: { peers: ['centrifuge'] },
  versions: [readCentrifugeVersion],
  plan: planCentrifuge('memory'),
  recovery: recoverCentrifuge('memory'),
});

export const centrifugeRedis = defineContender({
  id: 'centrifuge-redis',
  name: 'Centrifuge (Redis)',
  about: `A server on the Go module with its Redis broker and Redis on the same core, ${ABOUT_CENTRIFUGE} in Redis.`,
  needs: { programs: ['redis-server'], peers: ['centrifuge'] },
  versions: [readCentrifugeVersion, readRedisVersion],
  plan: planCentrifuge('redis'),
  recovery: recoverCentrifuge('redis'),
});

export const nats = defineContender({
  id: 'nats',
  name: 'NATS',
  about:
    'A NATS server over WebSocket with GOMAXPROCS=1, published to over WebSocket too; core NATS, which keeps nothing.',
  needs: { peers: ['nats-server'] },
  versions: [() => readVersion('NATS server', [locatePeer('nats-server'), '-v'])],
  plan: ({ clients, publish }) => {
    const server: Program = {
      name: 'the NATS server',
      command: [locatePeer('nats-server'), '-c', '{CONFIG}'],
      env: GO_ENV,
      ready: clients,
      config: { template: 'nats/nats.conf', values: { PORT: clients, CLIENT_PORT: publish } },
    };
    return { programs: [server], args: ['--protocol', 'nats', '--publish-by', 'ws'] };
  },
});

/** Where debian/install unpacks nchan and Mosquitto. */
const unpacked = locatePeer('debian');
const mosquittoProgram = `${unpacked}/usr/sbin/mosquitto`;
const nchanModule = `${unpacked}/usr/lib/nginx/modules/ngx_nchan_module.so`;

const describeMissingFile = (name: string, path: string) =>
  existsSync(path) ? '' : `${name} is not here (load-tests/peers/install unpacks it)`;

/** Where the unpacked programs find the libraries that came with them. */
function locateLibraries(): Readonly<Record<string, string>> {
  const folders = [`${unpacked}/usr/lib`, `${unpacked}/lib`].filter((each) => existsSync(each));
  const paths = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => `${folder}/${name}`),
  );
  return { LD_LIBRARY_PATH: paths.join(':') };
}

export const mosquitto = defineContender({
  id: 'mosquitto',
  name: 'Mosquitto',
  about:
    'MQTT 3.1.1 over WebSocket at QoS 0, published to over plain MQTT; no limits to its queues; keeps nothing.',
  obstacle: () => describeMissingFile('Mosquitto', mosquittoProgram),
  versions: [() => readVersion('Mosquitto', [mosquittoProgram, '-h'], locateLibraries())],
  plan: ({ clients, publish }) => {
    const values = { PORT: clients, PUBLISH_PORT: publish };
    const server: Program = {
      name: 'Mosquitto',
      command: [mosquittoProgram, '-c', '{CONFIG}'],
      env: locateLibraries(),
      ready: clients,
      config: { template: 'mosquitto/mosquitto.conf', values },
    };
    const packets = ['--publish-hello', 'CONNECT', '--publish', 'PUBLISH c{C} {M}'];
    const inlet = ['--publish-port', publish, '--publish-by', 'raw', ...packets];
    return { programs: [server], args: ['--protocol', 'mqtt', ...inlet] };
  },
});

/** The Nginx that was unpacked with the module, or the system's, for whose package the module is made. */
function locateNginx(): string {
  const own = `${unpacked}/usr/sbin/nginx`;
  return existsSync(own) ? own : (programPath('nginx') ?? 'nginx');
}

/** Nginx with nchan, which keeps `history` items of a channel. */
function runNchan(port: number, history: number): Program {
  const values = { MODULE: nchanModule, OPEN_FILES, PORT: port, HISTORY: history };
  return {
    name: 'nchan',
    command: [locateNginx(), '-e', 'stderr', '-p', '{DIRECTORY}', '-c', '{CONFIG}'],
    ready: `http://127.0.0.1:${port}/readyz`,
    config: { template: 'nchan/nginx.conf', values },
  };
}

/** Only its status page has the version. */
async function readNchanVersion(): Promise<string> {
  const port = await freePort();
  const running = await start(runNchan(port, HISTORY));
  try {
    const status = await fetch(`http://127.0.0.1:${port}/status`);
    const version = /nchan version: (\S+)/.exec(await status.text())?.[1] ?? 'without a version';
    return `nchan ${version} in ${await readNginxVersion(locateNginx())}`;
  } finally {
    await running.stop();
  }
}

const NCHAN_SUBSCRIBE = ['--protocol', 'seed', '--path', '/subscribe/c{C}', '--subscribe', ''];

export const nchan = defineContender({
  id: 'nchan',
  name: 'nchan',
  about:
    'Nginx with the nchan module: one process, WebSocket subscribers, published to by HTTP POST; keeps 1,000 items for 10 minutes in its own memory.',
  obstacle: () =>
    describeMissingFile('nchan', nchanModule) ||
    (locateNginx() === 'nginx' ? `${missingPrograms('nginx').join()} is not here` : ''),
  versions: [readNchanVersion],
  plan: ({ clients }) => ({
    programs: [runNchan(clients, HISTORY)],
    args: [...NCHAN_SUBSCRIBE, '--publish-path', '/publish/c{C}', '--publish', '{M}'],
  }),
  recovery: {
    library: nchanLibrary,
    plan: ({ clients }) => ({ programs: [runNchan(clients, RECOVERY_HISTORY)], args: [] }),
  },
});
