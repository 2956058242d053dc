import { stopAll } from '@newswire/load-harness';
import { callApi } from '@newswire/testkit';
import { Centrifuge } from 'centrifuge';
import { WebSocket } from 'ws';
import type { RecoveringClient, RecoveryListener, RecoverySystem } from '../contender.js';

/** A client of npm's `centrifuge` as it comes: its own delays between attempts, its own recovery. */
function connectByCentrifuge(
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

/** Publishes by the server API, which newswire and the Centrifuge server have alike. */
async function publishByApi(port: number, channel: string, data: string): Promise<void> {
  const answer = await callApi(`http://127.0.0.1:${port}`, 'publish', { channel, data });
  if (typeof answer !== 'object' || answer === null || !('result' in answer)) {
    throw new Error(`the publication was refused: ${JSON.stringify(answer)}`);
  }
}

/** Where clients connect, and where is published. */
export interface Ports {
  readonly clients: number;
  readonly api: number;
}

/** Running servers whose clients are npm's `centrifuge` and whose publishers use the server API. */
export function systemAt(
  ports: Ports,
  running: readonly { stop(): Promise<void> }[],
): RecoverySystem {
  return {
    port: ports.clients,
    connect: (port, channel, client) =>
      connectByCentrifuge(`ws://127.0.0.1:${port}/connection/websocket`, channel, client),
    publish: (channel, data) => publishByApi(ports.api, channel, data),
    stop: () => stopAll(running),
  };
}
