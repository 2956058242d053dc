import {
  readLinkSecret,
  StartError,
  type Config,
  type Logger,
  getErrorCode,
} from '@newswire/runtime';
import type { BrokerParts } from '@newswire/broker';
import { openDelegateEdge } from '@newswire/broker-delegate';
import { openRedis, REDIS_SETTINGS, type RedisOptions } from '@newswire/broker-redis';

/** The settings of all brokers that an edge can use. */
export const EDGE_BROKER_SETTINGS = [
  'brokerKind',
  'bind',
  'host',
  ...REDIS_SETTINGS,
  'delegatePort',
  'historyBytes',
  'linkSecret',
  'linkSecretFile',
] as const;

type EdgeBrokerConfig = Config<(typeof EDGE_BROKER_SETTINGS)[number]> &
  Pick<RedisOptions, 'getLimits' | 'reconnectDelayMs'>;

/** Opens the broker that NEWSWIRE_BROKER names. The other end may be unreachable, now and later. */
export async function openBroker(config: EdgeBrokerConfig, logger: Logger): Promise<BrokerParts> {
  // Center publishes, so an edge can deliver publications while Redis is full.
  if (config.brokerKind === 'redis') {
    return openRedis({ ...config, log: logger, toleratesFullRedis: true });
  }
  return overLinks(config, logger);
}

async function overLinks(config: EdgeBrokerConfig, logger: Logger): Promise<BrokerParts> {
  const host = config.host ?? config.bind;
  const linkSecret = readLinkSecret(config);
  try {
    const parts = await openDelegateEdge({
      ...config,
      host,
      linkSecret,
      log: logger,
      onListenerFault: (error) => logger.error(error, 'handling a message from center failed'),
    });
    logger.info({ port: parts.port }, 'edge accepts links from center');
    return parts;
  } catch (error) {
    const code = getErrorCode(error);
    const where = `${host}:${config.delegatePort}`;
    throw new StartError(`cannot listen for center on ${where} (${code}): the port may be in use`, {
      cause: error,
    });
  }
}
