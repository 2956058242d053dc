export { createCertificates, type Certificates, type KeyPair } from './certificates.js';
export { callApi, publish, sessionsOn, subscribed } from './api-client.js';
export { TestProcess, type Exit } from './child-process.js';
export { freePort } from './free-port.js';
export { collectGarbage, heapInUse } from './heap-in-use.js';
export {
  NewswireProcess,
  ROOT,
  spawnService,
  type ServiceEnvironment,
  type ServiceName,
} from './newswire-process.js';
export { NginxServer } from './nginx.js';
export { missingPrograms, programPath } from './programs.js';
export { httpRequest, RawSocket, upgradeRequest } from './raw-socket.js';
export { RedisServer } from './redis-server.js';
export { SeedClient } from './seed-client.js';
export { TcpProxy } from './tcp-proxy.js';
export { SseClient } from './sse-client.js';
export { SseReader, type SseEvent } from './sse-text.js';
export { until } from './until.js';
export { untilAnswers } from './until-answers.js';
export {
  ChannelHistory,
  Ledger,
  SeedLog,
  SubscriptionLog,
  type ChannelVerdict,
  type Notice,
  type SubscribeReply,
  type SubscriptionVerdict,
  type Token,
  type ReportedGap,
  type Verdict,
} from './ledger/index.js';
export {
  CentrifugeClient,
  openRaw,
  openWs,
  RawWebSocket,
  SeedSubscriber,
  type CentrifugeClientOptions,
  type CentrifugeMessage,
  type CentrifugeObserver,
  type FrameHandler,
  type FrameSocket,
  type OpenSocket,
  type RawWebSocketOptions,
  type SeedObserver,
  type SeedSubscriberOptions,
  type SubscribeResult,
} from './protocol/index.js';
export {
  Load,
  LoadProcess,
  seededRandom,
  type ClientFigures,
  type DurationSummary,
  type Gap,
  type LoadFigures,
  type LoadOptions,
} from './load/index.js';
