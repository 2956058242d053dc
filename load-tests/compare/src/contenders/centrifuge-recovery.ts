import {
  centrifugeProgram,
  redisOn,
  SERVER_CORE,
  startAll,
  stopAll,
  type Program,
} from '@newswire/load-harness';
import { callApi, freePort } from '@newswire/testkit';
import { Centrifuge } from 'centrifuge';
import { WebSocket } from 'ws';
import type { RecoveringClient, RecoveryContender, RecoveryListener } from '../contender.js';
import { RECOVERY_HISTORY } from './recovery-history.js';

/** The library as it comes: its own delays between attempts, its own recovery. */
function connect(port: number, channel: string, client: RecoveryListener): RecoveringClient {
  const url = `ws://127.0.0.1:${port}/connection/websocket`;
  const centrifuge = new Centrifuge(url, { websocket: WebSocket });
  const subscription = centrifuge.newSubscription(channel);
  subscription.on('subscribed', ({ wasRecovering, recovered }) =>
    client.onSubscribed(recovered || !wasRecovering),
  );
  subscription.on('publication', ({ data }) => client.onMessage(String(data)));
  subscription.subscribe();
  centrifuge.connect();
  return { close: () => centrifuge.disconnect() };
}

async function publish(port: number, channel: string, data: string): Promise<void> {
  const answer = await callApi(`http://127.0.0.1:${port}`, 'publish', { channel, data });
  if (typeof answer !== 'object' || answer === null || !('result' in answer)) {
    throw new Error(`the publication was refused: ${JSON.stringify(answer)}`);
  }
}

/** The same server with recovery on in its subscriptions. */
export function centrifugeRecovery(engine: 'memory' | 'redis'): RecoveryContender {
  return {
    start: async () => {
      const [port, redis] = [await freePort(), await freePort()];
      const options = ['-recover', '-history', String(RECOVERY_HISTORY)];
      const overRedis = ['-redis', `127.0.0.1:${redis}`];
      const programs: Program[] =
        engine === 'memory'
          ? [centrifugeProgram(port, ...options)]
          : [redisOn(SERVER_CORE, redis), centrifugeProgram(port, ...options, ...overRedis)];
      const running = await startAll(programs);
      return {
        port,
        connect,
        publish: (channel, data) => publish(port, channel, data),
        stop: () => stopAll(running),
      };
    },
  };
}
