import {
  CHANNEL_SETTINGS,
  countedReconnectDelay,
  createLogger,
  createRegistry,
  loadChannelOptions,
  loadConfig,
  loadPusherApps,
  PROCESS_SETTINGS,
  PUSHER_SETTINGS,
  type Program,
  readEnvironment,
  restrictChannels,
  runService,
  type Service,
} from '@newswire/runtime';
import { operationsRoutes, Server } from '@newswire/transport';
import { ACCESS_SETTINGS, createAccess } from './access/create-access.js';
import { createEdge } from './app.js';
import { BoundedLog } from './bounded-log.js';
import { createEdgeConfig, EDGE_SETTINGS } from './edge-config.js';
import { observeEdge } from './edge-observer.js';
import { EDGE_BROKER_SETTINGS, openBroker } from './open-broker.js';
import { openWebhooks, WEBHOOK_REPORT_SETTINGS } from './session/open-webhooks.js';
import { SERVER_SETTINGS, buildServerOptions } from './server-options.js';

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
      ...EDGE_BROKER_SETTINGS,
      ...WEBHOOK_REPORT_SETTINGS,
      ...CHANNEL_SETTINGS,
      ...PROCESS_SETTINGS,
      ...PUSHER_SETTINGS,
      'edgePort',
    ],
    readEnvironment(),
  );
  const { getLimits, sections, ...channels } = loadChannelOptions(config);
  const apps = loadPusherApps(config);
  const getOptions = restrictChannels(channels.getOptions, apps);
  const logger = createLogger({ service: 'edge', ...config });
  const registry = createRegistry();
  const server = await Server.create(
    (error) => logger.error(error, 'a request failed'),
    buildServerOptions(config, registry),
  );
  // Logs in Redis have no limit in bytes.
  const historyBytes = config.brokerKind === 'redis' ? undefined : config.historyBytes;
  const edgeConfig = createEdgeConfig(config, { historyBytes });
  const log = new BoundedLog(logger, Date.now);
  const events = observeEdge(registry, logger, log);
  const { access, rpc, hooks } = createAccess(config, { getOptions, sections, logger, events });
  const {
    broker,
    control,
    presence,
    blockList,
    events: writer,
    close,
  } = await openBroker(
    { ...config, getLimits, reconnectDelayMs: countedReconnectDelay(registry) },
    logger,
  );
  const webhooks = openWebhooks(config, {
    writer,
    presence,
    getOptions,
    sections,
    apps,
    log,
    registry,
  });
  const edge = createEdge(edgeConfig, {
    server,
    broker,
    control,
    presence,
    blockList,
    access,
    rpc,
    hooks,
    webhooks,
    getOptions,
    apps,
    events,
    logger,
    registry,
  });
  server.route(operationsRoutes({ notReady: edge.notReady, metrics: () => registry.metrics() }));
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
