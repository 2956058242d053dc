import { startAll, stopAll, type Program } from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import { io, type Socket } from 'socket.io-client';
import type {
  RecoveringClient,
  RecoveryContender,
  RecoveryListener,
  RecoverySystem,
} from '../contender.js';
import { inMemory, overRedis } from './socket-io-servers.js';

const ANSWER_LIMIT_MS = 5000;

/** The library as it comes, its own delays between attempts too; but a connection for each client. */
function open(port: number): Socket {
  return io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
}

/**
 * A connection that the server recovers is in its rooms again, and what it missed comes even before
 * `connect`; any other is a new one, which subscribes. A client's position is the last event it had: one
 * that never had an event is not recovered.
 */
function connect(port: number, channel: string, client: RecoveryListener): RecoveringClient {
  const socket = open(port);
  let isFirst = true;
  let isSubscribed = false;
  const onSubscribed = () => {
    if (isSubscribed) return;
    isSubscribed = true;
    client.onSubscribed(isFirst || socket.recovered);
    isFirst = false;
  };
  socket.on('disconnect', () => (isSubscribed = false));
  socket.on('news', (news: string) => {
    onSubscribed();
    client.onMessage(news);
  });
  socket.on('connect', () => {
    if (socket.recovered) onSubscribed();
    else socket.emit('subscribe', channel, onSubscribed);
  });
  return { close: () => void socket.disconnect() };
}

async function startWith(port: number, programs: readonly Program[]): Promise<RecoverySystem> {
  const running = await startAll(programs);
  const publisher = open(port);
  return {
    port,
    connect,
    publish: (channel, data) =>
      publisher.timeout(ANSWER_LIMIT_MS).emitWithAck('publish', channel, data),
    stop: () => {
      publisher.disconnect();
      return stopAll(running);
    },
  };
}

/** Its memory holds all events of the last two minutes, and so long it remembers who was cut off. */
export const socketIoRecovery: RecoveryContender = {
  start: async () => {
    const port = await freePort();
    return startWith(port, inMemory(port, 'recovers'));
  },
};

/** The stream holds the last 10,000 events; Redis remembers for two minutes who was cut off. */
export const socketIoRedisRecovery: RecoveryContender = {
  start: async () => {
    const [port, redis] = [await freePort(), await freePort()];
    return startWith(port, overRedis(port, redis));
  },
};
