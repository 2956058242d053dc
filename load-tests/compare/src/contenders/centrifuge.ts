import {
  centrifuge,
  centrifugeInMemory,
  centrifugeProgram,
  missing,
  nats as startNats,
  peerPath,
  redisOn,
  SERVER_CORE,
  startAll,
  stopAll,
} from '@newswire/load-harness';
import { callApi, freePort } from '@newswire/testkit';
import { Centrifuge } from 'centrifuge';
import { WebSocket } from 'ws';
import {
  RECOVERY_HISTORY,
  type Contender,
  type RecoveringClient,
  type RecoveryContender,
  type RecoveryListener,
  type RecoverySystem,
} from '../contender.js';
import { numberIn, redisVersion, saidBy, versionOf, versionsOf } from './versions.js';

/** A client of npm's `centrifuge` with its own delays between attempts and its own recovery. */
function connectByCentrifuge(
  url: string,
  channel: string,
  client: RecoveryListener,
): RecoveringClient {
  const connection = new Centrifuge(url, { websocket: WebSocket });
  const subscription = connection.newSubscription(channel);
  subscription.on('subscribed', ({ wasRecovering, recovered }) => {
    client.onSubscribed(recovered || !wasRecovering);
  });
  subscription.on('publication', ({ data }) => client.onMessage(String(data)));
  subscription.subscribe();
  connection.connect();
  return { close: () => connection.disconnect() };
}

/** Publishes by the server API, which newswire and the Centrifuge server share. */
async function publishByApi(port: number, channel: string, data: string): Promise<void> {
  const answer = await callApi(`http://127.0.0.1:${port}`, 'publish', { channel, data });
  if (typeof answer !== 'object' || answer === null || !('result' in answer)) {
    throw new Error(`the publication was refused: ${JSON.stringify(answer)}`);
  }
}

/** Running servers whose clients are npm's `centrifuge` and whose publishers use the server API. */
export function systemAt(
  ports: { readonly clients: number; readonly api: number },
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

/** The same server with recovery on in its subscriptions. */
const recoveryWith = (engine: 'memory' | 'redis'): RecoveryContender => ({
  start: async () => {
    const [port, redis] = [await freePort(), await freePort()];
    const options = ['-recover', '-history', String(RECOVERY_HISTORY)];
    const programs =
      engine === 'memory'
        ? [centrifugeProgram(port, ...options)]
        : [
            redisOn(SERVER_CORE, redis),
            centrifugeProgram(port, ...options, '-redis', `127.0.0.1:${redis}`),
          ];
    return systemAt({ clients: port, api: port }, await startAll(programs));
  },
});

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
  recovery: recoveryWith('memory'),
};

export const centrifugeRedis: Contender = {
  kind: 'peer',
  id: 'centrifuge-redis',
  name: 'Centrifuge (Redis)',
  about: `A server on the Go module with its Redis broker and Redis on the same core, ${about} in Redis.`,
  obstacle: () => missing({ programs: ['redis-server'], peers: ['centrifuge'] }),
  version: () => versionsOf(centrifugeVersion, redisVersion),
  start: async () => ({ ...(await centrifuge()), name: 'Centrifuge over Redis' }),
  recovery: recoveryWith('redis'),
};

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
