import {
  centrifuge,
  centrifugeInMemory,
  missing,
  peerPath,
  type StartSystem,
} from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import { centrifugeRecovery } from './centrifuge-recovery.js';
import { numberIn, redisVersion, saidBy, versionsOf } from './versions.js';

async function centrifugeVersion(): Promise<string> {
  const [version = '', go = ''] = (await saidBy([peerPath('centrifuge'), '-version'])).split(' ');
  return `Centrifuge ${numberIn(version)} (Go ${numberIn(go)})`;
}

const about =
  'with GOMAXPROCS=1, the JSON protocol, frames of any number of messages; keeps 1,000 items for 10 minutes';

export const centrifugeMemory: Contender = {
  kind: 'peer',
  id: 'centrifuge-memory',
  name: 'Centrifuge (memory)',
  about: `A server on the Go module with its memory engine, ${about}.`,
  obstacle: () => missing({ peers: ['centrifuge'] }),
  version: centrifugeVersion,
  start: centrifugeInMemory,
  recovery: centrifugeRecovery('memory'),
};

const startOverRedis: StartSystem = async () => ({
  ...(await centrifuge()),
  name: 'Centrifuge over Redis',
});

export const centrifugeRedis: Contender = {
  kind: 'peer',
  id: 'centrifuge-redis',
  name: 'Centrifuge (Redis)',
  about: `A server on the Go module with its Redis broker and Redis on the same core, ${about} in Redis.`,
  obstacle: () => missing({ programs: ['redis-server'], peers: ['centrifuge'] }),
  version: () => versionsOf(centrifugeVersion, redisVersion),
  start: startOverRedis,
  recovery: centrifugeRecovery('redis'),
};
