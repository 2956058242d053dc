import { RedisBroker, type RedisBrokerOptions } from './broker-redis.js';
import { RedisControl } from './control-redis.js';
import { RedisLink, type RedisLinkOptions } from './redis-link.js';

/** The settings that `openRedis` takes as they are. */
export const REDIS_SETTINGS = ['redisUrl', 'publishTimeoutMs'] as const;

/** What a process needs of Redis, over one pair of connections. */
export interface RedisParts {
  readonly link: RedisLink;
  readonly broker: RedisBroker;
  readonly control: RedisControl;
}

/** Returns at once: Redis may be away, now and later. `link.close()` ends it. */
export function openRedis(options: RedisLinkOptions & RedisBrokerOptions): RedisParts {
  const link = new RedisLink(options);
  return {
    link,
    broker: new RedisBroker(link, options),
    control: new RedisControl(link, options),
  };
}
