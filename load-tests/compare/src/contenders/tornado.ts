import { systemOf } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import type { Contender } from '../contender.js';
import { missingPackages, ofPython, python, pythonPeer } from './peer-packages.js';
import { versionOf, versionsOf } from './versions.js';
import { PUBLISH_ON_SEED } from './ws-loop.js';

const packages = ofPython('tornado');

async function version(): Promise<string> {
  const tornado = [python, '-c', 'import tornado; print(tornado.version)'] as const;
  return versionsOf(
    () => versionOf('Tornado', tornado),
    () => versionOf('Python', [python, '--version']),
  );
}

const tornado: Contender = {
  id: 'tornado',
  name: 'Tornado',
  kind: 'peer',
  about:
    'The design newswire grew from: one Tornado process, a loop over the clients of a channel, without ' +
    'compression; published over WebSocket. It keeps nothing.',
  obstacle: () => missingPackages(packages),
  version,
  start: async () => {
    const port = await freePort();
    const args = ['--ports', port, '--wire', 'seed', ...PUBLISH_ON_SEED];
    return systemOf('Tornado', [pythonPeer('tornado', port)], args);
  },
};

export const tornadoContenders: readonly Contender[] = [tornado];
