import { missing, systemOf } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import type { Contender } from '../contender.js';
import { missingPackages, ofNode, packageVersion } from './peer-packages.js';
import { socketIoRecovery, socketIoRedisRecovery } from './socket-io-recovery.js';
import { inMemory, overRedis } from './socket-io-servers.js';
import { redisVersion } from './versions.js';

const packages = ofNode('socket-io');
const args = (port: number) => ['--ports', port, '--wire', 'socket.io', '--publish-by', 'ws'];
const node = `Node ${process.versions.node}`;
const socketIoVersion = () => `Socket.IO ${packageVersion('socket-io', 'socket.io')}`;

async function redisVersions(): Promise<string> {
  const adapter = packageVersion('socket-io', '@socket.io/redis-streams-adapter');
  return `${socketIoVersion()}, its Redis streams adapter ${adapter}, ${await redisVersion()}, ${node}`;
}

const alone: Contender = {
  id: 'socket.io',
  name: 'Socket.IO',
  kind: 'peer',
  about:
    'A room for each channel, in memory, over WebSocket alone, without compression; published by an event ' +
    'from a client. It keeps nothing, but for recovery, where its connection state recovery is on.',
  obstacle: () => missingPackages(packages),
  version: () => Promise.resolve(`${socketIoVersion()}, ${node}`),
  start: async () => {
    const port = await freePort();
    return systemOf('Socket.IO', inMemory(port, 'forgets'), args(port));
  },
  recovery: socketIoRecovery,
};

const withRedis: Contender = {
  id: 'socket.io-redis',
  name: 'Socket.IO over Redis',
  kind: 'peer',
  about:
    'The same with its Redis streams adapter and connection state recovery: the stream keeps 10,000 events ' +
    'of all channels together, its default.',
  obstacle: () => missingPackages(packages) || missing({ programs: ['redis-server'] }),
  version: redisVersions,
  start: async () => {
    const [port, redis] = [await freePort(), await freePort()];
    return systemOf('Socket.IO over Redis', overRedis(port, redis), args(port));
  },
  recovery: socketIoRedisRecovery,
};

export const socketIoContenders: readonly Contender[] = [alone, withRedis];
