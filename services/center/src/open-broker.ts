import { readLinkSecret, type Config, type Logger } from '@newswire/runtime';
import type { ConsumerParts } from '@newswire/broker';
import { openDelegateCenter } from '@newswire/broker-delegate';
import {
  openRedis,
  REDIS_SETTINGS,
  type RedisOptions,
  type RedisParts,
} from '@newswire/broker-redis';

/** The settings of all of center's brokers. */
export const CENTER_BROKER_SETTINGS = [
  'brokerKind',
  ...REDIS_SETTINGS,
  'historyBytes',
  'edges',
  'linkSecret',
  'linkSecretFile',
] as const;

type CenterBrokerConfig = Config<(typeof CENTER_BROKER_SETTINGS)[number]> &
  Pick<RedisOptions, 'getLimits' | 'reconnectDelayMs'>;

/** `link`: the connection of the news:* inlet; with Redis only. */
export type CenterBrokerParts = ConsumerParts & Partial<Pick<RedisParts, 'link'>>;

/**
 * Opens the broker that NEWSWIRE_BROKER names. Redis or the edges may be unavailable, now and
 * later.
 */
export function openBroker(config: CenterBrokerConfig, logger: Logger): CenterBrokerParts {
  if (config.brokerKind === 'redis') return openRedis({ ...config, log: logger });
  return openDelegateCenter({ ...config, linkSecret: readLinkSecret(config), log: logger });
}
