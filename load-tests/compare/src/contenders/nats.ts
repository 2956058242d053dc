import { missing, nats as startNats, peerPath } from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import { versionOf } from './versions.js';

export const nats: Contender = {
  id: 'nats',
  name: 'NATS',
  kind: 'peer',
  about:
    'A NATS server over WebSocket with GOMAXPROCS=1, published to over WebSocket too; core NATS, which keeps nothing.',
  obstacle: () => missing({ peers: ['nats-server'] }),
  version: () => versionOf('NATS server', [peerPath('nats-server'), '-v']),
  start: startNats,
};
