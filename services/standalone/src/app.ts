import { LocalControl, MemoryBroker } from '@newswire/broker';
import { CENTER_SETTINGS, createCenter } from '@newswire/center';
import { createEdge, EDGE_SETTINGS } from '@newswire/edge';
import {
  CHANNEL_SETTINGS,
  createLogger,
  createRegistry,
  loadChannelOptions,
  loadConfig,
  PROCESS_SETTINGS,
  type Environment,
  type Service,
} from '@newswire/runtime';
import { operationsRoutes, Server } from '@newswire/transport';

const STANDALONE_SETTINGS = [...CHANNEL_SETTINGS, 'port', 'historyBytes'] as const;

/** The embedded server: edge, center and the memory broker on one port. */
export async function startStandalone(environment: Environment): Promise<Service> {
  const config = loadConfig(
    [...EDGE_SETTINGS, ...CENTER_SETTINGS, ...PROCESS_SETTINGS, ...STANDALONE_SETTINGS],
    environment,
  );
  const { limitsOf } = loadChannelOptions(config);
  const logger = createLogger({ service: 'standalone', ...config });
  const registry = createRegistry();
  const server = await Server.create((error) => logger.error(error, 'a request failed'));
  const parts = {
    server,
    broker: new MemoryBroker({ ...config, limitsOf }),
    control: new LocalControl(),
    config,
    logger,
    registry,
  };
  const edge = createEdge(parts);
  createCenter(parts);
  server.route(operationsRoutes({ ...edge, metrics: () => registry.metrics() }));
  const host = config.host ?? config.bind;
  const port = await server.listen(host, config.port);
  logger.info(`newswire is up: ws://${host}:${port}/ws, and http://${host}:${port}/api/publish`);
  logger.info(`try, in two other terminals: make subscribe, and make publish MSG='Hello'`);
  return {
    stop: async () => {
      await edge.drain();
      await server.close();
      await parts.broker.close();
      logger.info('newswire has stopped');
    },
  };
}
