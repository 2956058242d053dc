import { cluster, embedded, SERVER_CORE, startAll } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import type { RecoveryContender } from '../contender.js';
import { systemAt } from './centrifuge-client.js';
import { built, linked } from './newswire-built.js';
import { startBehindNginx } from './newswire-nginx.js';

/** One process, the log in its memory. */
export const standaloneRecovery: RecoveryContender = {
  start: async () => {
    const port = await freePort();
    const server = embedded('newswire', built.standalone, port);
    return systemAt({ clients: port, api: port }, await startAll([server]));
  },
};

/** Center, Redis and an edge. */
export const redisRecovery: RecoveryContender = {
  start: async () => {
    const { edge, center, programs } = await cluster(built, SERVER_CORE);
    return systemAt({ clients: edge, api: center }, await startAll(programs));
  },
};

/** Center and an edge over a link of their own, the log in center's memory. */
export const delegateRecovery: RecoveryContender = {
  start: async () => {
    const { edge, center, programs } = await linked();
    return systemAt({ clients: edge, api: center }, await startAll(programs));
  },
};

/** What `redisRecovery` starts, behind Nginx on the same core. */
export const nginxRecovery: RecoveryContender = {
  start: async () => {
    const { nginx, center, running } = await startBehindNginx(built, '1');
    return systemAt({ clients: nginx.port, api: center }, running);
  },
};
