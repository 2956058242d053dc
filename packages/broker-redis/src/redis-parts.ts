import { type ConsumerParts, type LinkLog, FaultLog } from '@newswire/broker';
import { RedisBlockList } from './block-list-redis.js';
import { RedisBroker, type RedisBrokerOptions } from './broker-redis.js';
import { RedisControl } from './control-redis.js';
import { RedisEvents, type RedisEventsOptions } from './events-redis.js';
import { RedisPresence, type RedisPresenceOptions } from './presence-redis.js';
import { RedisLink, type RedisLinkOptions } from './redis-link.js';

/** The settings that `openRedis` takes unchanged. */
export const REDIS_SETTINGS = [
  'redisUrl',
  'redisPrefix',
  'redisCaFile',
  'redisCertFile',
  'redisKeyFile',
  'publishTimeoutMs',
  'presenceLeaseMs',
  'webhookGraceMs',
  'webhookQueueSize',
] as const;

/** Receives the events of the connections and the errors of listeners, for example a logger. */
export interface RedisLog extends LinkLog {
  error(error: unknown, sentence: string): void;
}

export interface RedisOptions
  extends
    Omit<RedisLinkOptions, 'onChange' | 'onWarning' | 'onListenerFault'>,
    RedisBrokerOptions,
    RedisPresenceOptions,
    RedisEventsOptions {
  readonly log: RedisLog;
}

/** The Redis parts that a process needs, over one pair of connections. */
export interface RedisParts extends ConsumerParts {
  readonly link: RedisLink;
}

/** Returns immediately: Redis may be away, now and later. */
export function openRedis(options: RedisOptions): RedisParts {
  const { log, redisUrl } = options;
  const faultLog = new FaultLog(log);
  const address = new URL(redisUrl).host;
  const link = new RedisLink({
    ...options,
    onListenerFault: (error) => log.error(error, 'handling a message from Redis failed'),
    onChange: (fault) =>
      fault ? faultLog.warn(`${fault} [${address}]`) : faultLog.info('Redis is available'),
    onWarning: (sentence) => faultLog.warn(`${sentence} [${address}]`),
  });
  const broker = new RedisBroker(link, options);
  const presence = new RedisPresence(link, options);
  const close = async () => {
    await presence.close();
    await broker.close();
    await link.close();
  };
  const control = new RedisControl(link, options);
  const blockList = new RedisBlockList(link, options);
  const events = new RedisEvents(link, options);
  return { link, broker, control, presence, blockList, events, close };
}

/** Called with the channel's name and the text. Neither is checked here. */
export type InletHandler = (channel: string, text: string) => void;

/**
 * Receives plain `PUBLISH news:<channel> <text>` from any program on this Redis. RedisNames has the
 * prefix of a stack that is not the default one. Redis pub/sub stores nothing: a text that is
 * published while center is away is lost, and PUBLISH then returns 0. Rejects while Redis is away.
 */
export async function openRedisInlet(link: RedisLink, handle: InletHandler): Promise<void> {
  const { inletPrefix } = link.names;
  const listen = link.guarded((text, topic) => handle(topic.slice(inletPrefix.length), text));
  await link.subscriber.pSubscribe(`${inletPrefix}*`, listen);
}
