// The client libraries with which recovery is measured.
import { callApi } from '@newswire/testkit';
import { Centrifuge } from 'centrifuge';
import { EventSource } from 'eventsource';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { ClientLibrary } from '../contender.js';

const ANSWER_LIMIT_MS = 5000;

/** npm's `centrifuge`; published by the server API, which newswire and the Centrifuge server share. */
export const centrifugeLibrary: ClientLibrary = {
  connect(port, channel, listener) {
    const url = `ws://127.0.0.1:${port}/connection/websocket`;
    const connection = new Centrifuge(url, { websocket: WebSocket });
    const subscription = connection.newSubscription(channel);
    subscription.on('subscribed', ({ wasRecovering, recovered }) => {
      listener.onSubscribed(recovered || !wasRecovering);
    });
    subscription.on('publication', ({ data }) => listener.onMessage(String(data)));
    subscription.subscribe();
    connection.connect();
    return { close: () => connection.disconnect() };
  },
  openPublisher: (port) => ({
    async publish(channel, data) {
      const answer = await callApi(`http://127.0.0.1:${port}`, 'publish', { channel, data });
      if (typeof answer === 'object' && answer !== null && 'result' in answer) return;
      throw new Error(`the publication was refused: ${JSON.stringify(answer)}`);
    },
  }),
};

/** A connection of its own, without long polling. */
function openSocketIo(port: number): Socket {
  return io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
}

/**
 * A recovered connection is in its rooms again, and what it missed arrives even before `connect`; any other is a
 * new one, which subscribes. A client's position is the last event it received: without one it is not recovered.
 */
export const socketIoLibrary: ClientLibrary = {
  connect(port, channel, listener) {
    const socket = openSocketIo(port);
    let isFirst = true;
    let isSubscribed = false;
    const onSubscribed = () => {
      if (isSubscribed) return;
      isSubscribed = true;
      listener.onSubscribed(isFirst || socket.recovered);
      isFirst = false;
    };
    socket.on('disconnect', () => (isSubscribed = false));
    socket.on('news', (news: string) => {
      onSubscribed();
      listener.onMessage(news);
    });
    socket.on('connect', () => {
      if (socket.recovered) onSubscribed();
      else socket.emit('subscribe', channel, onSubscribed);
    });
    return { close: () => void socket.disconnect() };
  },
  openPublisher(port) {
    const socket = openSocketIo(port);
    return {
      publish: (...item) => socket.timeout(ANSWER_LIMIT_MS).emitWithAck('publish', ...item),
      close: () => void socket.disconnect(),
    };
  },
};

/**
 * EventSource, which browsers have; nchan's WebSocket subscribers need nchan's own client to resume. The library
 * names the last message that it received. nchan continues after it and never reports that it could not.
 */
export const nchanLibrary: ClientLibrary = {
  connect(port, channel, listener) {
    const url = `http://127.0.0.1:${port}/subscribe/${encodeURIComponent(channel)}`;
    const source = new EventSource(url);
    source.addEventListener('open', () => listener.onSubscribed(true));
    source.addEventListener('message', ({ data }) => listener.onMessage(String(data)));
    return { close: () => source.close() };
  },
  openPublisher: (port) => ({
    async publish(channel, body) {
      const url = `http://127.0.0.1:${port}/publish/${encodeURIComponent(channel)}`;
      const answer = await fetch(url, { method: 'POST', body });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`the publication was refused: ${answer.status} ${text}`);
    },
  }),
};
