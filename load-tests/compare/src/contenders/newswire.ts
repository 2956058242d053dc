import { randomBytes } from 'node:crypto';
import {
  missing,
  cluster,
  SERVER_CORE,
  service,
  standalone,
  systemOf,
  type Measured,
  type StartSystem,
} from '@newswire/load-harness';
import { freePort, ROOT } from '@newswire/testkit';
import type { Contender } from '../contender.js';
import { behindNginx } from './newswire-nginx.js';
import {
  delegateRecovery,
  nginxRecovery,
  redisRecovery,
  standaloneRecovery,
} from './newswire-recovery.js';
import { oneByOne } from './one-by-one.js';
import { newswireVersion, redisVersion, versionOf, versionsOf } from './versions.js';

const built: Measured = {
  checkout: ROOT,
  wire: 'seed',
  standalone: `${ROOT}services/standalone/dist/main.js`,
};

/** Center dials the edge; neither is ready without the other, so the edge is only waited for to listen. */
const overLink: StartSystem = async () => {
  const [link, center, edge] = [await freePort(), await freePort(), await freePort()];
  const shared = {
    NEWSWIRE_BROKER: 'delegate',
    NEWSWIRE_LINK_SECRET: randomBytes(16).toString('hex'),
  };
  const settings = {
    edge: { ...shared, NEWSWIRE_DELEGATE_PORT: String(link) },
    center: { ...shared, NEWSWIRE_EDGES: `127.0.0.1:${link}` },
  };
  const programs = [
    {
      ...service(built, 'edge', SERVER_CORE, { own: edge, env: settings.edge }),
      ready: edge,
    },
    service(built, 'center', SERVER_CORE, { own: center, env: settings.center }),
  ];
  const ports = ['--ports', edge, '--publish-port', center];
  return systemOf('newswire', programs, [...ports, ...oneByOne]);
};

const overRedis: StartSystem = async () => {
  const { center, programs, args } = await cluster(built, SERVER_CORE);
  return systemOf('newswire', programs, [...args, '--publish-port', center, ...oneByOne]);
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
