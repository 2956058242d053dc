export { RedisBlockList, type RedisBlockListOptions } from './block-list-redis.js';
export { RedisEvents } from './events-redis.js';
export { RedisBroker, type RedisBrokerOptions } from './broker-redis.js';
export { RedisControl, type RedisControlOptions } from './control-redis.js';
export { openRedisInlet, type InletHandler } from './redis-parts.js';
export { RedisStreamInlet, type InletEntry } from './stream-inlet.js';
export { RedisPresence, type RedisPresenceOptions } from './presence-redis.js';
export { RedisLink, type RedisLinkOptions } from './redis-link.js';
export {
  openRedis,
  REDIS_SETTINGS,
  type RedisLog,
  type RedisOptions,
  type RedisParts,
} from './redis-parts.js';
