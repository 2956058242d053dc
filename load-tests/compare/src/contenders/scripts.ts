// The peers that are scripts in load-tests/peers: a loop over ws, Tornado, and Socket.IO.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  missing,
  peerPath,
  redisOn,
  SERVER_CORE,
  startAll,
  stopAll,
  systemOf,
  type Program,
} from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import { io, type Socket } from 'socket.io-client';
import type {
  Contender,
  RecoveringClient,
  RecoveryListener,
  RecoverySystem,
} from '../contender.js';
import { redisVersion, versionOf, versionsOf } from './versions.js';

type Folder = 'ws-loop' | 'tornado' | 'socket-io';

const directory = fileURLToPath(new URL('../../../peers/', import.meta.url));
const python = peerPath('venv/bin/python');
const node = `Node ${process.versions.node}`;
const ANSWER_LIMIT_MS = 5000;

/** Clients of the seed wire may publish by it as well. */
const PUBLISH_ON_SEED = ['--publish-by', 'ws', '--publish', 'pub#c{C}#{M}'] as const;

/** Why the packages of a peer are not here, in a sentence of peers/install; empty when they are. */
function missingPackages(folder: Folder): string {
  const isPython = folder === 'tornado';
  const mark = isPython
    ? peerPath(`venv/${folder}.made-from`)
    : `${directory}${folder}/node_modules/.made-from`;
  if (existsSync(mark)) return '';
  const reason = peerPath(`${folder}.missing`);
  if (existsSync(reason)) return `${folder} is not here: ${readFileSync(reason, 'utf8').trim()}`;
  return `${folder} is not here (load-tests/peers/install installs it)`;
}

function nodePeer(folder: Folder, port: number, env: Record<string, string> = {}): Program {
  return {
    name: folder,
    core: SERVER_CORE,
    command: [process.execPath, `${directory}${folder}/server.mjs`],
    env: { NODE_ENV: 'production', PORT: String(port), ...env },
    ready: port,
  };
}

function packageVersion(folder: Folder, name: string): string {
  const file = `${directory}${folder}/node_modules/${name}/package.json`;
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version;
}

export const wsLoop: Contender = {
  id: 'ws-loop',
  name: 'ws loop',
  kind: 'peer',
  about:
    'The naive loop on Node: `client.send(news)` for one client of a channel after the other, without ' +
    'compression; published over WebSocket. It keeps nothing.',
  obstacle: () => missingPackages('ws-loop'),
  version: () => Promise.resolve(`ws ${packageVersion('ws-loop', 'ws')}, ${node}`),
  start: async () => {
    const port = await freePort();
    const args = ['--ports', port, '--wire', 'seed', ...PUBLISH_ON_SEED];
    return systemOf('ws loop', [nodePeer('ws-loop', port)], args);
  },
};

export const tornado: Contender = {
  id: 'tornado',
  name: 'Tornado',
  kind: 'peer',
  about:
    'The design newswire grew from: one Tornado process, a loop over the clients of a channel, without ' +
    'compression; published over WebSocket. It keeps nothing.',
  obstacle: () => missingPackages('tornado'),
  version: () =>
    versionsOf(
      () => versionOf('Tornado', [python, '-c', 'import tornado; print(tornado.version)']),
      () => versionOf('Python', [python, '--version']),
    ),
  start: async () => {
    const port = await freePort();
    const command = [python, `${directory}tornado/server.py`, String(port)] as const;
    const program: Program = { name: 'tornado', core: SERVER_CORE, command, ready: port };
    return systemOf('Tornado', [program], ['--ports', port, '--wire', 'seed', ...PUBLISH_ON_SEED]);
  },
};

/** Socket.IO in one process, with connection state recovery or without. */
const inMemory = (port: number, hasRecovery: boolean) => [
  nodePeer('socket-io', port, hasRecovery ? { RECOVERY: 'on' } : {}),
];

/** A server whose events go through a Redis stream, and that Redis, on one core. */
const overRedis = (port: number, redis: number) => [
  redisOn(SERVER_CORE, redis),
  nodePeer('socket-io', port, { REDIS_URL: `redis://127.0.0.1:${redis}`, RECOVERY: 'on' }),
];

/** A client with the library's own delays between attempts, but with a connection of its own. */
function open(port: number): Socket {
  return io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
}

/**
 * A recovered connection is in its rooms again, and what it missed arrives even before `connect`; any other is a new
 * one, which subscribes. A client's position is the last event it received: without one it is not recovered.
 */
function connect(port: number, channel: string, client: RecoveryListener): RecoveringClient {
  const socket = open(port);
  let isFirst = true;
  let isSubscribed = false;
  const onSubscribed = () => {
    if (isSubscribed) return;
    isSubscribed = true;
    client.onSubscribed(isFirst || socket.recovered);
    isFirst = false;
  };
  socket.on('disconnect', () => (isSubscribed = false));
  socket.on('news', (news: string) => {
    onSubscribed();
    client.onMessage(news);
  });
  socket.on('connect', () => {
    if (socket.recovered) onSubscribed();
    else socket.emit('subscribe', channel, onSubscribed);
  });
  return { close: () => void socket.disconnect() };
}

async function startRecovery(port: number, programs: readonly Program[]): Promise<RecoverySystem> {
  const running = await startAll(programs);
  const publisher = open(port);
  return {
    port,
    connect,
    publish: (channel, data) =>
      publisher.timeout(ANSWER_LIMIT_MS).emitWithAck('publish', channel, data),
    stop: () => {
      publisher.disconnect();
      return stopAll(running);
    },
  };
}

const socketIoArgs = (port: number) => {
  return ['--ports', port, '--wire', 'socket.io', '--publish-by', 'ws'];
};
const socketIoVersion = () => `Socket.IO ${packageVersion('socket-io', 'socket.io')}`;

export const socketIo: Contender = {
  id: 'socket.io',
  name: 'Socket.IO',
  kind: 'peer',
  about:
    'A room for each channel, in memory, over WebSocket alone, without compression; published by an event ' +
    'from a client. It keeps nothing, but for recovery, where its connection state recovery is on.',
  obstacle: () => missingPackages('socket-io'),
  version: () => Promise.resolve(`${socketIoVersion()}, ${node}`),
  start: async () => {
    const port = await freePort();
    return systemOf('Socket.IO', inMemory(port, false), socketIoArgs(port));
  },
  /** Its memory holds all events of the last two minutes, and connections that were cut off as long. */
  recovery: {
    start: async () => {
      const port = await freePort();
      return startRecovery(port, inMemory(port, true));
    },
  },
};

export const socketIoRedis: Contender = {
  id: 'socket.io-redis',
  name: 'Socket.IO over Redis',
  kind: 'peer',
  about:
    'The same with its Redis streams adapter and connection state recovery: the stream keeps 10,000 events ' +
    'of all channels together, its default.',
  obstacle: () => missingPackages('socket-io') || missing({ programs: ['redis-server'] }),
  version: async () => {
    const adapter = packageVersion('socket-io', '@socket.io/redis-streams-adapter');
    const redis = await redisVersion();
    return `${socketIoVersion()}, its Redis streams adapter ${adapter}, ${redis}, ${node}`;
  },
  start: async () => {
    const [port, redis] = [await freePort(), await freePort()];
    return systemOf('Socket.IO over Redis', overRedis(port, redis), socketIoArgs(port));
  },
  /** The stream holds the last 10,000 events; Redis keeps connections that were cut off for two minutes. */
  recovery: {
    start: async () => {
      const [port, redis] = [await freePort(), await freePort()];
      return startRecovery(port, overRedis(port, redis));
    },
  },
};
