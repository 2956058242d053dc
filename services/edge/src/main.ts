import {
  CHANNEL_SETTINGS,
  countedReconnectDelay,
  createLogger,
  createRegistry,
  loadChannelOptions,
  loadConfig,
  PROCESS_SETTINGS,
  readEnvironment,
  runService,
  type Program,
  type Service,
} from '@newswire/runtime';
import { operationsRoutes, Server } from '@newswire/transport';
import { accessMetrics } from './access/access-metrics.js';
import { ACCESS_SETTINGS, createAccess } from './access/create-access.js';
import { createEdge, EDGE_SETTINGS } from './app.js';
import { BROKER_SETTINGS, openBroker } from './open-broker.js';
import { SERVER_SETTINGS, serverOptions } from './server-options.js';

const PROGRAM: Program = {
  name: 'edge',
  description: 'newswire edge: delivers publications to clients over WebSocket and HTTP.',
};

await runService(PROGRAM, async (): Promise<Service> => {
  const config = loadConfig(
    [
      ...EDGE_SETTINGS,
      ...ACCESS_SETTINGS,
      ...SERVER_SETTINGS,
      ...BROKER_SETTINGS,
      ...CHANNEL_SETTINGS,
      ...PROCESS_SETTINGS,
      'edgePort',
    ],
    readEnvironment(),
  );
  const { getLimits, getOptions, sections } = loadChannelOptions(config);
  const logger = createLogger({ service: 'edge', ...config });
  const registry = createRegistry();
  const server = await Server.create(
    (error) => logger.error(error, 'a request failed'),
    serverOptions(config, registry),
  );
  const powers = createAccess(config, {
    getOptions,
    sections,
    logger,
    observer: accessMetrics(registry),
  });
  const { broker, control, presence, close } = await openBroker(
    { ...config, getLimits, reconnectDelayMs: countedReconnectDelay(registry) },
    logger,
  );
  const edge = createEdge({
    server,
    broker,
    control,
    presence,
    ...powers,
    getOptions,
    config,
    // Logs in Redis have no such limit.
    historyBytes: config.brokerKind === 'redis' ? undefined : config.historyBytes,
    logger,
    registry,
  });
  server.route(operationsRoutes({ ...edge, metrics: () => registry.metrics() }));
  const port = await server.listen(config.host ?? config.bind, config.edgePort);
  logger.info({ port }, 'edge listens');
  return {
    stop: async () => {
      await edge.drain();
      await server.close();
      await close();
      logger.info('edge has stopped');
    },
  };
});
