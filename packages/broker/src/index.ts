export type {
  Broker,
  BrokerFault,
  BrokerHandler,
  HistoryLimits,
  HistoryPage,
  Generation,
  LimitsOf,
  PublishOptions,
} from './broker.js';
export { MAX_PAGE_BYTES } from './broker.js';
export { MemoryBroker, type MemoryBrokerOptions } from './broker-memory.js';
export { RedisBroker, type RedisBrokerOptions } from './redis/broker-redis.js';
export type {
  Control,
  ControlHandler,
  ControlReply,
  ControlRequest,
  NodeInfo,
  SessionFilter,
} from './control.js';
export type { Member, Presence, PresenceHandler, PresenceStats } from './presence.js';
export { MemoryPresence } from './presence-memory.js';
export { RedisPresence, type RedisPresenceOptions } from './redis/presence-redis.js';
export { openMemory, type MemoryOptions } from './memory-parts.js';
export { readHistory, type History, type HistoryQuery } from './read-history.js';
export { FaultLog } from './fault-log.js';
export { LocalControl } from './control-local.js';
export { RedisControl, type RedisControlOptions } from './redis/control-redis.js';
export type { EdgeName, Lookup } from './delegate/delegate-finder.js';
export type { LinkLimits } from './delegate/delegate-link.js';
export {
  openDelegateCenter,
  openDelegateEdge,
  type DelegateEdgeOptions,
} from './delegate/delegate-parts.js';
export { openRedisInlet, type InletHandler } from './redis/inlet-redis.js';
export {
  openRedis,
  REDIS_SETTINGS,
  type RedisLog,
  type RedisOptions,
  type RedisParts,
} from './redis/redis-parts.js';
export type { BrokerParts, LinkLog } from './broker-parts.js';
export { RedisLink, type RedisLinkOptions } from './redis/redis-link.js';
