import {
  openDelegateCenter,
  openRedis,
  REDIS_SETTINGS,
  type BrokerParts,
  type LimitsOf,
  type RedisLink,
} from '@newswire/broker';
import { readLinkSecret, type Config, type Logger } from '@newswire/runtime';

/** The settings of center's brokers, whichever is chosen. */
export const BROKER_SETTINGS = [
  'brokerKind',
  ...REDIS_SETTINGS,
  'historyBytes',
  'edges',
  'linkSecret',
  'linkSecretFile',
] as const;

/** How long to wait before reconnect try number `attempt` (0, 1, 2…), in ms. */
type ReconnectDelay = (attempt: number) => number;

type BrokerConfig = Config<(typeof BROKER_SETTINGS)[number]> & { readonly limitsOf: LimitsOf };

export interface CenterBrokerParts extends BrokerParts {
  /** Where the news:* inlet is: with Redis only. */
  readonly inletLink?: RedisLink;
}

/** The broker that NEWSWIRE_BROKER names. What is at its other end may be away, now and later. */
export function openBroker(
  config: BrokerConfig,
  logger: Logger,
  delayMs: ReconnectDelay,
): CenterBrokerParts {
  return config.brokerKind === 'redis'
    ? overRedis(config, logger, delayMs)
    : overLinks(config, logger, delayMs);
}

function overRedis(
  config: BrokerConfig,
  logger: Logger,
  delayMs: ReconnectDelay,
): CenterBrokerParts {
  const { link, broker, control } = openRedis({
    ...config,
    reconnectDelayMs: delayMs,
    onListenerFault: (error) => logger.error(error, 'a message from Redis could not be handled'),
    onChange: (fault) => (fault ? logger.warn(fault) : logger.info('Redis is there')),
  });
  return { broker, control, inletLink: link, close: () => link.close() };
}

function overLinks(
  config: BrokerConfig,
  logger: Logger,
  delayMs: ReconnectDelay,
): CenterBrokerParts {
  const linkSecret = readLinkSecret(config);
  return openDelegateCenter({ ...config, linkSecret, reconnectDelayMs: delayMs, log: logger });
}
