import { missing, onOneCore, standalone, systemOf, type StartSystem } from '@newswire/load-harness';
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
const history = 'history as it comes: 1,000 items and 10 minutes a channel';

export const newswireMemory: Contender = {
  id: 'newswire',
  name: 'newswire',
  kind: 'newswire',
  about: `The embedded server: edge and center in one process, ${history}.`,
  obstacle: () => '',
  version: newswireVersion,
  start: standalone(built),
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
