export {
  CentrifugeClient,
  type CentrifugeClientOptions,
  type CentrifugeObserver,
} from './centrifuge-client.js';
export type { CentrifugeMessage, SubscribeResult } from './centrifuge-frame.js';
export { openWs, type FrameHandler, type FrameSocket, type OpenSocket } from './frame-socket.js';
export { openRaw, RawWebSocket, type RawWebSocketOptions } from './raw-web-socket.js';
export {
  SeedSubscriber,
  type SeedObserver,
  type SeedSubscriberOptions,
} from './seed-subscriber.js';
