import { systemOf } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import type { Contender } from '../contender.js';
import { missingPackages, nodePeer, ofNode, packageVersion } from './peer-packages.js';

/** What clients of the seed wire say anyway; publishers speak it, too. */
export const PUBLISH_ON_SEED = ['--publish-by', 'ws', '--publish', 'pub#c{C}#{M}'] as const;

const packages = ofNode('ws-loop');

const wsLoop: Contender = {
  id: 'ws-loop',
  name: 'ws loop',
  kind: 'peer',
  about:
    'The naive loop on Node: `client.send(news)` for one client of a channel after the other, without ' +
    'compression; published over WebSocket. It keeps nothing.',
  obstacle: () => missingPackages(packages),
  version: () =>
    Promise.resolve(`ws ${packageVersion('ws-loop', 'ws')}, Node ${process.versions.node}`),
  start: async () => {
    const port = await freePort();
    const args = ['--ports', port, '--wire', 'seed', ...PUBLISH_ON_SEED];
    return systemOf('ws loop', [nodePeer('ws-loop', port)], args);
  },
};

export const wsLoopContenders: readonly Contender[] = [wsLoop];
