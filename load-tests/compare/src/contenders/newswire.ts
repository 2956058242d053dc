import { fileURLToPath } from 'node:url';
import { embedded, missing, onOneCore, systemOf, type StartSystem } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import type { Contender } from '../contender.js';
import { built, linked } from './newswire-built.js';
import { behindNginx } from './newswire-nginx.js';
import {
  delegateRecovery,
  nginxRecovery,
  redisRecovery,
  standaloneRecovery,
} from './newswire-recovery.js';
import { oneByOne } from './one-by-one.js';
import { newswireVersion, redisVersion, versionOf, versionsOf } from './versions.js';

const channelsFile = fileURLToPath(new URL('../../channels.json', import.meta.url));

/** Its clients may publish, and as much as they like. */
const inMemory =
  (wire: string): StartSystem =>
  async () => {
    const port = await freePort();
    const server = embedded('newswire', built.standalone, port);
    const open = { NEWSWIRE_CHANNELS_FILE: channelsFile, NEWSWIRE_COMMANDS_PER_SECOND: '1000000' };
    const env = { ...server.env, ...open };
    return systemOf('newswire', [{ ...server, env }], ['--ports', port, '--wire', wire]);
  };

/** Where much is published to many channels, a WebSocket carries it at less cost than HTTP does. */
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

const overLink: StartSystem = async () => {
  const { edge, center, programs } = await linked();
  const ports = ['--ports', edge, '--publish-port', center];
  return systemOf('newswire', programs, [...ports, ...oneByOne]);
};

const overRedis: StartSystem = async () => {
  const system = await onOneCore(built)();
  return { ...system, args: [...system.args, ...oneByOne] };
};

const nginxVersion = () => versionOf('Nginx', ['nginx', '-v']);
const wire = 'subscribers on the Centrifuge wire, which joins the messages of a tick to one frame';
const history = 'history as it comes: 1,000 items and 10 minutes a channel';

export const newswireMemory: Contender = {
  id: 'newswire',
  name: 'newswire',
  kind: 'newswire',
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
  kind: 'newswire',
  about: `Redis, center and an edge; published by center's API, ${history}.`,
  obstacle: () => missing({ programs: ['redis-server'] }),
  version: () => versionsOf(newswireVersion, redisVersion),
  start: overRedis,
  recovery: redisRecovery,
};

export const newswireDelegate: Contender = {
  id: 'newswire-delegate',
  name: 'newswire delegate',
  kind: 'newswire',
  about: `Center and an edge without Redis; published by center's API, ${history}.`,
  obstacle: () => '',
  version: newswireVersion,
  start: overLink,
  recovery: delegateRecovery,
};

export const newswireNginx: Contender = {
  id: 'newswire-nginx',
  name: 'newswire behind Nginx',
  kind: 'newswire',
  about:
    "Redis, center, an edge, and before it the project's nginx.conf with two workers; published by " +
    `center's API, ${history}.`,
  obstacle: () => missing({ programs: ['redis-server', 'nginx'] }),
  version: () => versionsOf(newswireVersion, redisVersion, nginxVersion),
  start: behindNginx(built),
  recovery: nginxRecovery,
};

export const newswireSeed: Contender = {
  id: 'newswire-seed',
  name: 'newswire, seed wire',
  kind: 'newswire',
  about:
    'The embedded server with subscribers on the seed wire, which has a frame for each message.',
  obstacle: () => '',
  version: newswireVersion,
  start: inMemory('seed'),
  channelsArgs: publishByWebSocket,
};
