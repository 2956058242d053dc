export type {
  Broker,
  BrokerFault,
  BrokerHandler,
  HistoryLimits,
  HistoryPage,
  PublishOptions,
} from './broker.js';
export { MemoryBroker, type MemoryBrokerOptions } from './broker-memory.js';
export { RedisBroker, type RedisBrokerOptions } from './broker-redis.js';
export type { Control, ControlHandler, ControlReply, ControlRequest } from './control.js';
export { LocalControl } from './control-local.js';
export { RedisControl, type RedisControlOptions } from './control-redis.js';
export { openRedisInlet, type InletHandler } from './inlet-redis.js';
export { openRedis, REDIS_SETTINGS, type RedisParts } from './redis-parts.js';
export { RedisLink, type RedisLinkOptions } from './redis-link.js';
