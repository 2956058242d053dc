import { openRedis, REDIS_SETTINGS } from '@newswire/broker';
import {
  createLogger,
  createRegistry,
  loadConfig,
  PROCESS_SETTINGS,
  readEnvironment,
  reconnectDelayMs,
  runService,
  type Service,
} from '@newswire/runtime';
import { operationsRoutes, Server } from '@newswire/transport';
import { createEdge, EDGE_SETTINGS } from './app.js';

await runService(async (): Promise<Service> => {
  const config = loadConfig(
    [...EDGE_SETTINGS, ...REDIS_SETTINGS, ...PROCESS_SETTINGS, 'edgePort'],
    readEnvironment(),
  );
  const logger = createLogger({ service: 'edge', ...config });
  const registry = createRegistry();
  const server = await Server.create((error) => logger.error(error, 'a request failed'));
  const { link, broker, control } = openRedis({
    ...config,
    reconnectDelayMs,
    onListenerFault: (error) => logger.error(error, 'a message from Redis could not be handled'),
    onChange: (fault) => (fault ? logger.warn(fault) : logger.info('Redis is there')),
  });
  const edge = createEdge({ server, broker, control, config, logger, registry });
  server.route(operationsRoutes({ ...edge, metrics: () => registry.metrics() }));
  const port = await server.listen(config.host ?? config.bind, config.edgePort);
  logger.info({ port }, 'edge listens');
  return {
    stop: async () => {
      await edge.drain();
      await server.close();
      await broker.close();
      await link.close();
      logger.info('edge has stopped');
    },
  };
});
