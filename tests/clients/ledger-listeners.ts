import type { Ledger } from '@newswire/testkit';
import { openWs, SeedSubscriber } from '@newswire/testkit';
import { Centrifuge } from 'centrifuge';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';

/** A client that listens to channels on one protocol and records all that it receives. */
export interface Listener {
  readonly name: string;
  close(): void;
}

/** Where listeners connect to: host and port. */
export interface Place {
  readonly host: string;
  readonly channels: readonly string[];
}

const ENDPOINTS = {
  websocket: (host: string) => `ws://${host}/connection/websocket`,
  sse: (host: string) => `http://${host}/connection/sse`,
  http_stream: (host: string) => `http://${host}/connection/http_stream`,
} as const;

/** The unmodified library. */
export function listenByCentrifuge(
  transport: keyof typeof ENDPOINTS,
  { host, channels }: Place,
  ledger: Ledger,
): Listener {
  const client = new Centrifuge([{ transport, endpoint: ENDPOINTS[transport](host) }], {
    websocket: WebSocket,
    eventsource: EventSource,
    emulationEndpoint: `http://${host}/emulation`,
    minReconnectDelay: 20,
    maxReconnectDelay: 200,
  });
  for (const channel of channels) {
    const log = ledger.subscription(transport, channel);
    const subscription = client.newSubscription(channel, {
      minResubscribeDelay: 20,
      maxResubscribeDelay: 200,
    });
    subscription.on('subscribed', ({ streamPosition, recovered }) => {
      if (streamPosition === undefined) throw new Error(`${channel} has no position`);
      log.subscribed({ ...streamPosition, recovered });
    });
    subscription.on('publication', ({ offset = 0, data }) => log.delivered(offset, data as number));
    subscription.subscribe();
  }
  client.connect();
  return { name: transport, close: () => client.disconnect() };
}

/**
 * EventSource as browsers have it. It does not show where its subscription began: has to begin before
 * anything is published.
 */
export function listenByEventSource({ host, channels }: Place, ledger: Ledger): Listener {
  const source = new EventSource(`http://${host}/sse?channels=${channels.join('|')}`);
  const epochs = new Map<string, string>();
  for (const channel of channels) {
    const log = ledger.subscription('plain_sse', channel);
    source.addEventListener(channel, ({ data, lastEventId }) => {
      const { offset, epoch } = positionIn(lastEventId, channel);
      const before = epochs.get(channel);
      if (before !== epoch) {
        log.subscribed({
          epoch,
          offset: before === undefined ? 0 : offset,
          recovered: before !== undefined,
        });
      }
      epochs.set(channel, epoch);
      log.delivered(offset, Number(data));
    });
    source.addEventListener('gap', ({ data, lastEventId }) => {
      if (data !== channel) return;
      const position = positionIn(lastEventId, channel);
      epochs.set(channel, position.epoch);
      log.subscribed({ ...position, recovered: false });
    });
  }
  return { name: 'plain_sse', close: () => source.close() };
}

/** The id of an event is `channel,offset,epoch|channel,offset,epoch`. */
function positionIn(id: string, channel: string) {
  const [, offset = '', epoch = ''] =
    id
      .split('|')
      .map((part) => part.split(','))
      .find(([name]) => name === channel) ?? [];
  return { offset: Number(offset), epoch };
}

/** A connection a channel, since this protocol does not say which channel a frame is of. */
export function listenBySeed({ host, channels }: Place, ledger: Ledger): Listener {
  const clients = channels.map((channel) => {
    const log = ledger.seedSubscription('seed', channel);
    const observer = {
      onOpen: () => log.opened(),
      onText: (text: string) => log.delivered(Number(text)),
      onDisconnected: () => log.closed(),
    };
    return new SeedSubscriber({
      url: () => `ws://${host}/ws`,
      channels: [channel],
      open: openWs,
      observer,
    });
  });
  for (const client of clients) client.connect();
  return { name: 'seed', close: () => clients.forEach((client) => client.close()) };
}
