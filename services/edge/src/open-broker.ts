import {
  openDelegateEdge,
  openRedis,
  REDIS_SETTINGS,
  type BrokerParts,
  type LimitsOf,
} from '@newswire/broker';
import { readLinkSecret, StartError, type Config, type Logger } from '@newswire/runtime';

/** The settings of an edge's brokers, whichever is chosen. */
export const BROKER_SETTINGS = [
  'brokerKind',
  'bind',
  'host',
  ...REDIS_SETTINGS,
  'delegatePort',
  'linkSecret',
  'linkSecretFile',
] as const;

/** How long to wait before reconnect try number `attempt` (0, 1, 2…), in ms. */
type ReconnectDelay = (attempt: number) => number;

type BrokerConfig = Config<(typeof BROKER_SETTINGS)[number]> & { readonly limitsOf: LimitsOf };

/** The broker that NEWSWIRE_BROKER names. What is at its other end may be away, now and later. */
export async function openBroker(
  config: BrokerConfig,
  logger: Logger,
  delayMs: ReconnectDelay,
): Promise<BrokerParts> {
  return config.brokerKind === 'redis'
    ? overRedis(config, logger, delayMs)
    : overLinks(config, logger);
}

function overRedis(config: BrokerConfig, logger: Logger, delayMs: ReconnectDelay): BrokerParts {
  const { link, broker, control } = openRedis({
    ...config,
    reconnectDelayMs: delayMs,
    onListenerFault: (error) => logger.error(error, 'a message from Redis could not be handled'),
    onChange: (fault) => (fault ? logger.warn(fault) : logger.info('Redis is there')),
  });
  const close = async () => {
    await broker.close();
    await link.close();
  };
  return { broker, control, close };
}

async function overLinks(config: BrokerConfig, logger: Logger): Promise<BrokerParts> {
  const host = config.host ?? config.bind;
  const linkSecret = readLinkSecret(config);
  try {
    const parts = await openDelegateEdge({
      ...config,
      host,
      linkSecret,
      log: logger,
      onListenerFault: (error) => logger.error(error, "center's words could not be handled"),
    });
    logger.info({ port: parts.port }, 'edge waits for center');
    return parts;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const where = `${host}:${config.delegatePort}`;
    throw new StartError(`cannot wait for center on ${where}: is the port taken? (${code})`, {
      cause: error,
    });
  }
}
