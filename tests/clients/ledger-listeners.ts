import { createRequire } from 'node:module';
import type { Ledger } from '@newswire/testkit';
import { openWs, SeedSubscriber } from '@newswire/testkit';
import { Centrifuge, type Options, type TransportEndpoint } from 'centrifuge';
import { Centrifuge as CentrifugeProtobuf } from 'centrifuge/build/protobuf';
import { EventSource } from 'eventsource';
import type Pusher from 'pusher-js';
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

const ENCODINGS = {
  json: { Library: Centrifuge, decode: (data: unknown) => data as number },
  protobuf: {
    // Its types are of another copy of the same class.
    Library: CentrifugeProtobuf as unknown as typeof Centrifuge,
    decode: (data: unknown) => Number(Buffer.from(data as Uint8Array).toString()),
  },
} as const;

/** The unmodified library. */
export function listenByCentrifuge(
  transport: keyof typeof ENDPOINTS,
  { host, channels }: Place,
  ledger: Ledger,
  encoding: keyof typeof ENCODINGS = 'json',
): Listener {
  const { Library, decode } = ENCODINGS[encoding];
  const endpoints: TransportEndpoint[] = [{ transport, endpoint: ENDPOINTS[transport](host) }];
  const options: Partial<Options> = {
    websocket: WebSocket,
    eventsource: EventSource,
    emulationEndpoint: `http://${host}/emulation`,
    minReconnectDelay: 20,
    maxReconnectDelay: 200,
  };
  const client = new Library(endpoints, options);
  for (const channel of channels) {
    const log = ledger.subscription(`${transport} ${encoding}`, channel);
    const subscription = client.newSubscription(channel, {
      minResubscribeDelay: 20,
      maxResubscribeDelay: 200,
    });
    subscription.on('subscribed', ({ streamPosition, recovered }) => {
      if (streamPosition === undefined) throw new Error(`${channel} has no position`);
      log.subscribed({ ...streamPosition, recovered });
    });
    subscription.on('publication', ({ offset = 0, data }) => log.delivered(offset, decode(data)));
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

/** The key of the app of `listenByPusher`. */
export const LEDGER_APP = { id: '1', key: 'ledger', secret: 'a-secret-of-the-ledger' };

/** CommonJS: in Node, its types describe the module and not its export. */
const PusherLibrary = createRequire(import.meta.url)('pusher-js') as (typeof Pusher)['default'];

/** pusher-js. Its protocol has no positions: after a cut, a client continues with the next publication. */
export function listenByPusher({ host, channels }: Place, ledger: Ledger): Listener {
  const [wsHost = '', port] = host.split(':');
  const client = new PusherLibrary(LEDGER_APP.key, {
    cluster: '',
    wsHost,
    wsPort: Number(port),
    forceTLS: false,
    enabledTransports: ['ws'],
    disableStats: true,
  });
  const logs = channels.map((name) => {
    const log = ledger.seedSubscription('pusher', name);
    const channel = client.subscribe(name);
    channel.bind('pusher:subscription_succeeded', () => log.opened());
    channel.bind('message', (data: number) => log.delivered(data));
    return log;
  });
  client.connection.bind('state_change', ({ previous }: { previous: string }) => {
    if (previous === 'connected') for (const log of logs) log.closed();
  });
  return { name: 'pusher', close: () => client.disconnect() };
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
