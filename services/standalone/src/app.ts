import { openMemory } from '@newswire/broker';
import { CENTER_SETTINGS, createCenter } from '@newswire/center';
import {
  ACCESS_SETTINGS,
  accessMetrics,
  createAccess,
  createEdge,
  EDGE_SETTINGS,
  SERVER_SETTINGS,
  serverOptions,
} from '@newswire/edge';
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

const STANDALONE_SETTINGS = [
  ...ACCESS_SETTINGS,
  ...SERVER_SETTINGS,
  ...CHANNEL_SETTINGS,
  'port',
  'historyBytes',
] as const;

/** The embedded server: an edge, center and the memory broker on one port. */
export async function startStandalone(environment: Environment): Promise<Service> {
  const config = loadConfig(
    [...EDGE_SETTINGS, ...CENTER_SETTINGS, ...PROCESS_SETTINGS, ...STANDALONE_SETTINGS],
    environment,
  );
  const { getLimits, getOptions, sections } = loadChannelOptions(config);
  const logger = createLogger({ service: 'standalone', ...config });
  const registry = createRegistry();
  const server = await Server.create(
    (error) => logger.error(error, 'a request failed'),
    serverOptions(config, registry),
  );
  const onListenerFault = (error: unknown) => logger.error(error, 'handling a message failed');
  const { close, ...brokerParts } = openMemory({ ...config, getLimits, onListenerFault });
  const parts = {
    server,
    ...brokerParts,
    getOptions,
    ...createAccess(config, {
      getOptions,
      sections,
      logger,
      observer: accessMetrics(registry),
    }),
    config,
    historyBytes: config.historyBytes,
    logger,
    registry,
  };
  const edge = createEdge(parts);
  createCenter(parts);
  server.route(operationsRoutes({ ...edge, metrics: () => registry.metrics() }));
  const host = config.host ?? config.bind;
  const port = await server.listen(host, config.port);
  logger.info(
    `newswire is running: ws://${host}:${port}/ws, and http://${host}:${port}/api/publish`,
  );
  logger.info(`try in two other terminals: make subscribe, and make publish MSG='Hello'`);
  return {
    stop: async () => {
      await edge.drain();
      await server.close();
      await close();
      logger.info('newswire has stopped');
    },
  };
}
