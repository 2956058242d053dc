import { callApi } from '@newswire/testkit';
import { Centrifuge } from 'centrifuge';
import { WebSocket } from 'ws';
import type { RecoveringClient, RecoveryListener } from '../contender.js';

/** A client of npm's `centrifuge` as it comes: its own delays between attempts, its own recovery. */
export function connectByCentrifuge(
  url: string,
  channel: string,
  client: RecoveryListener,
): RecoveringClient {
  const centrifuge = new Centrifuge(url, { websocket: WebSocket });
  const subscription = centrifuge.newSubscription(channel);
  subscription.on('subscribed', ({ wasRecovering, recovered }) => {
    client.onSubscribed(recovered || !wasRecovering);
  });
  subscription.on('publication', ({ data }) => client.onMessage(String(data)));
  subscription.subscribe();
  centrifuge.connect();
  return { close: () => centrifuge.disconnect() };
}

/** Publishes by newswire's server API, and by those that are like it. */
export async function publishByApi(port: number, channel: string, data: string): Promise<void> {
  const answer = await callApi(`http://127.0.0.1:${port}`, 'publish', { channel, data });
  if (typeof answer !== 'object' || answer === null || !('result' in answer)) {
    throw new Error(`the publication was refused: ${JSON.stringify(answer)}`);
  }
}
