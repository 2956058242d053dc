import { start } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import { EventSource } from 'eventsource';
import type { RecoveringClient, RecoveryContender, RecoveryListener } from '../contender.js';
import { nchanProgram } from './nchan-program.js';
import { withFiles } from './peer-files.js';
import { RECOVERY_HISTORY } from './recovery-history.js';

/**
 * The library as it comes: it names the last message that it had, and its own delay stands between attempts.
 * nchan goes on behind that message, and never says that it could not: so it always counts as whole.
 */
function connect(port: number, channel: string, client: RecoveryListener): RecoveringClient {
  const url = `http://127.0.0.1:${port}/subscribe/${encodeURIComponent(channel)}`;
  const source = new EventSource(url);
  source.addEventListener('open', () => client.onSubscribed(true));
  source.addEventListener('message', ({ data }) => client.onMessage(String(data)));
  return { close: () => source.close() };
}

async function publish(port: number, channel: string, body: string): Promise<void> {
  const url = `http://127.0.0.1:${port}/publish/${encodeURIComponent(channel)}`;
  const answer = await fetch(url, { method: 'POST', body });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`the publication was refused: ${answer.status} ${said}`);
}

/** By EventSource, which browsers have; nchan's WebSocket subscribers need its own client to resume. */
export const nchanRecovery: RecoveryContender = {
  start: async () => {
    const port = await freePort();
    const { files, program } = await nchanProgram(port, RECOVERY_HISTORY);
    return withFiles(files, async () => {
      const running = await start(program);
      return {
        port,
        connect,
        publish: (...item) => publish(port, ...item),
        stop: () => running.stop(),
      };
    });
  },
};
