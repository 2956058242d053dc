import { start, systemOf } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import type { Contender } from '../contender.js';
import { missingNginx, missingUnpacked, nchanModule, nginxProgram } from './debian-packages.js';
import { nchanProgram } from './nchan-program.js';
import { nchanRecovery } from './nchan-recovery.js';
import { withFiles } from './peer-files.js';
import { versionOf } from './versions.js';

const HISTORY = 1000;

/** Only its status page says it. */
async function nchanVersion(): Promise<string> {
  const port = await freePort();
  const { files, program } = await nchanProgram(port, HISTORY);
  const running = await withFiles(files, () => start(program));
  try {
    const status = await fetch(`http://127.0.0.1:${port}/status`);
    return /nchan version: (\S+)/.exec(await status.text())?.[1] ?? 'without a version';
  } finally {
    await running.stop();
  }
}

export const nchan: Contender = {
  id: 'nchan',
  name: 'nchan',
  kind: 'peer',
  about:
    'Nginx with the nchan module: one process, WebSocket subscribers, published to by HTTP POST; keeps 1,000 items for 10 minutes in its own memory.',
  obstacle: () => [missingUnpacked('nchan', nchanModule), missingNginx()].find(Boolean) ?? '',
  version: async () => {
    const nginx = await versionOf('Nginx', [nginxProgram(), '-v']);
    return `nchan ${await nchanVersion()} in ${nginx}`;
  },
  start: async () => {
    const port = await freePort();
    const { files, program } = await nchanProgram(port, HISTORY);
    const subscribing = ['--path', '/subscribe/c{C}', '--subscribe', ''];
    const publishing = ['--publish-path', '/publish/c{C}', '--publish', '{M}'];
    const args = ['--ports', port, '--wire', 'seed', ...subscribing, ...publishing];
    return withFiles(files, () => systemOf('nchan', [program], args));
  },
  recovery: nchanRecovery,
};
