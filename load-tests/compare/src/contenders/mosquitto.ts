import { userInfo } from 'node:os';
import { SERVER_CORE, systemOf, type Program } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import type { Contender } from '../contender.js';
import { missingUnpacked, mosquittoProgram, unpackedLibraries } from './debian-packages.js';
import { fillIn, withFiles } from './peer-files.js';
import { versionOf } from './versions.js';

export const mosquitto: Contender = {
  id: 'mosquitto',
  name: 'Mosquitto',
  kind: 'peer',
  about:
    'MQTT 3.1.1 over WebSocket at QoS 0, published to over plain MQTT; no limits to its queues; keeps nothing.',
  obstacle: () => missingUnpacked('Mosquitto', mosquittoProgram),
  version: () => versionOf('Mosquitto', [mosquittoProgram, '-h'], unpackedLibraries()),
  start: async () => {
    const [port, publishing] = [await freePort(), await freePort()];
    const values = { PORT: port, PUBLISH_PORT: publishing, USER: userInfo().username };
    const files = await fillIn('mosquitto/mosquitto.conf', values);
    const program: Program = {
      name: 'Mosquitto',
      core: SERVER_CORE,
      command: [mosquittoProgram, '-c', files.file],
      env: unpackedLibraries(),
      ready: port,
    };
    const packets = ['--publish-hello', 'CONNECT', '--publish', 'PUBLISH c{C} {M}'];
    const inlet = ['--publish-port', publishing, '--publish-by', 'raw', ...packets];
    const args = ['--ports', port, '--wire', 'mqtt', ...inlet];
    return withFiles(files, () => systemOf('Mosquitto', [program], args));
  },
};
